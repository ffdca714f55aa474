// The npm client `ioredis` as applications use it, family by family.
// Usage: node ioredis_client.mjs PORT
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';

import { places, runCases } from './cases.mjs';

const options = { host: '127.0.0.1', port: Number(process.argv[2]), retryStrategy: () => null };
const client = new Redis(options);
const other = new Redis(options);

async function allOf(stream) {
  const all = [];
  for await (const page of stream) all.push(...page);
  return all;
}

const blockedClients = async () =>
  Number((await other.info('clients')).match(/blocked_clients:(\d+)/)[1]);

const cases = {
  async strings() {
    assert.equal(await client.set('k', 'v', 'EX', 100, 'NX'), 'OK');
    assert.equal(await client.set('k', 'w', 'NX'), null);
    assert.equal(await client.get('k'), 'v');
    assert.ok((await client.pttl('k')) > 0);
    assert.equal(await client.incrby('n', 41), 41);
    assert.equal(await client.incrbyfloat('n', 0.5), '41.5');
    await client.mset({ a: '1', b: 'zwölf' });
    assert.deepEqual(await client.mget('a', 'none', 'b'), ['1', null, 'zwölf']);
    assert.deepEqual(await client.getBuffer('a'), Buffer.from('1'));
    assert.equal(await client.getex('a', 'PERSIST'), '1');
    await assert.rejects(client.incr('b'), /not an integer/);
  },
  async keys() {
    for (let i = 0; i < 300; ++i) client.set(`key:${i}`, 'v');
    assert.equal(new Set(await allOf(client.scanStream({ match: 'key:*', count: 50 }))).size, 300);
    assert.equal(await client.rename('key:1', 'renamed'), 'OK');
    assert.equal(await client.type('renamed'), 'string');
    assert.equal(await client.unlink('renamed', 'key:2', 'none'), 2);
    assert.equal(await client.object('ENCODING', 'key:3'), 'embstr');
    const dumped = await client.dumpBuffer('key:3');
    assert.equal(await client.restore('restored', 0, dumped), 'OK');
    assert.equal(await client.get('restored'), 'v');
  },
  async hashes() {
    assert.equal(await client.hset('h', { f: '1', g: 'two' }), 2);
    assert.deepEqual(await client.hgetall('h'), { f: '1', g: 'two' });
    assert.deepEqual(await client.hmget('h', 'g', 'none'), ['two', null]);
    assert.equal(await client.hincrbyfloat('h', 'f', 0.25), '1.25');
    assert.deepEqual(await client.call('HEXPIRE', 'h', 100, 'FIELDS', 1, 'f'), [1]);
    assert.deepEqual(await client.call('HTTL', 'h', 'FIELDS', 2, 'g', 'none'), [-1, -2]);
    for (let i = 0; i < 600; ++i) client.hset('big', `field:${i}`, i);
    assert.equal((await allOf(client.hscanStream('big'))).length, 1200);
    assert.equal(await client.hdel('h', 'f', 'g'), 2);
  },
  async lists() {
    assert.equal(await client.rpush('l', 'a', 'b', 'c'), 3);
    assert.equal(await client.lpush('l', 'z'), 4);
    assert.deepEqual(await client.lrange('l', 0, -1), ['z', 'a', 'b', 'c']);
    assert.equal(await client.lmove('l', 'm', 'RIGHT', 'LEFT'), 'c');
    assert.deepEqual(await client.lpop('l', 2), ['z', 'a']);
    assert.deepEqual(await client.lmpop(2, 'none', 'l', 'LEFT'), ['l', ['b']]);
    assert.equal(await client.exists('l'), 0);
  },
  async sets() {
    assert.equal(await client.sadd('s', 1, 2, 3), 3);
    assert.equal(await client.sadd('t', 2, 3, 'four'), 3);
    assert.deepEqual((await client.sinter('s', 't')).sort(), ['2', '3']);
    assert.equal(await client.sunionstore('u', 's', 't'), 4);
    assert.deepEqual(await client.smismember('s', 1, 9), [1, 0]);
    assert.equal((await allOf(client.sscanStream('u'))).length, 4);
    assert.equal(await client.smove('s', 't', '1'), 1);
  },
  async 'sorted sets'() {
    assert.equal(await client.zadd('z', 1, 'a', 2, 'b', '+inf', 'c'), 3);
    assert.equal(await client.zincrby('z', 4.5, 'a'), '5.5');
    assert.deepEqual(await client.zrange('z', 0, 1, 'WITHSCORES'), ['b', '2', 'a', '5.5']);
    assert.equal(await client.zrevrank('z', 'c'), 0);
    assert.deepEqual(await client.zrangebyscore('z', '(2', '+inf', 'LIMIT', 0, 1), ['a']);
    assert.deepEqual(await client.zpopmin('z'), ['b', '2']);
    assert.deepEqual(await client.zmscore('z', 'a', 'none'), ['5.5', null]);
    assert.equal(await client.zremrangebyscore('z', 0, 10), 1);
  },
  async streams() {
    assert.equal(await client.xadd('s', '1-1', 'a', 1, 'b', 'two'), '1-1');
    assert.equal(await client.xadd('s', '2-1', 'c', 3), '2-1');
    assert.deepEqual(await client.xrange('s', '-', '+'),
      [['1-1', ['a', '1', 'b', 'two']], ['2-1', ['c', '3']]]);
    assert.deepEqual(await client.xrevrange('s', '+', '-', 'COUNT', 1), [['2-1', ['c', '3']]]);
    assert.deepEqual(await client.xread('STREAMS', 's', 'none', '1-1', 0),
      [['s', [['2-1', ['c', '3']]]]]);
    const read = client.xread('BLOCK', 60_000, 'STREAMS', 'none', 's', '$', '$');
    while ((await blockedClients()) !== 1) await sleep(2);
    assert.equal(await other.xadd('s', '3-1', 'd', 4), '3-1');
    assert.deepEqual(await read, [['s', [['3-1', ['d', '4']]]]]);
    assert.equal(await client.xread('BLOCK', 10, 'STREAMS', 's', '$'), null);
    assert.equal(await client.xtrim('s', 'MINID', '2-1'), 1);
    assert.equal(await client.xlen('s'), 2);
    const info = await client.xinfo('STREAM', 's');
    assert.equal(info[info.indexOf('last-generated-id') + 1], '3-1');
    const ids = await Promise.all(Array.from({ length: 500 }, (_, i) =>
      client.xadd('log', '*', 'n', i)));
    assert.equal(new Set(ids).size, 500);
    await assert.rejects(client.xadd('s', '3-1', 'e', 5), /equal or smaller/);
  },
  async 'consumer groups'() {
    assert.equal(await client.xgroup('CREATE', 'jobs', 'workers', '$', 'MKSTREAM'), 'OK');
    await assert.rejects(client.xgroup('CREATE', 'jobs', 'workers', '$'), /BUSYGROUP/);
    const read = client.xreadgroup('GROUP', 'workers', 'ann', 'BLOCK', 60_000, 'STREAMS', 'jobs',
      '>');
    while ((await blockedClients()) !== 1) await sleep(2);
    for (const n of [1, 2, 3]) await other.xadd('jobs', `${n}-0`, 'n', n);
    assert.deepEqual(await read, [['jobs', [['1-0', ['n', '1']]]]]);
    assert.deepEqual(await client.xreadgroup('GROUP', 'workers', 'bob', 'STREAMS', 'jobs', '>'),
      [['jobs', [['2-0', ['n', '2']], ['3-0', ['n', '3']]]]]);
    assert.deepEqual(await client.xpending('jobs', 'workers'),
      [3, '1-0', '3-0', [['ann', '1'], ['bob', '2']]]);
    assert.equal(await client.xack('jobs', 'workers', '1-0', '9-9'), 1);
    assert.deepEqual(await client.xautoclaim('jobs', 'workers', 'ann', 0, '0', 'COUNT', 1),
      ['3-0', [['2-0', ['n', '2']]], []]);
    assert.deepEqual(await client.xclaim('jobs', 'workers', 'ann', 0, '3-0', 'JUSTID'), ['3-0']);
    const [group] = await client.xinfo('GROUPS', 'jobs');
    assert.deepEqual(group, ['name', 'workers', 'consumers', 2, 'pending', 2,
      'last-delivered-id', '3-0', 'entries-read', 3, 'lag', 0]);
    const consumers = await client.xinfo('CONSUMERS', 'jobs', 'workers');
    assert.deepEqual(consumers.map((consumer) => consumer.slice(0, 4)),
      [['name', 'ann', 'pending', 2], ['name', 'bob', 'pending', 0]]);
    assert.equal(await client.xgroup('DELCONSUMER', 'jobs', 'workers', 'ann'), 2);
    assert.equal(await client.xgroup('DESTROY', 'jobs', 'workers'), 1);
    await assert.rejects(
      client.xreadgroup('GROUP', 'workers', 'ann', 'STREAMS', 'jobs', '>'), /NOGROUP/);
  },
  async geo() {
    const members = Object.entries(places).flatMap(([name, place]) => [...place, name]);
    assert.equal(await client.geoadd('g', ...members), 3);
    const near = ['FROMMEMBER', 'Airolo', 'BYRADIUS', 20, 'km', 'ASC'];
    assert.deepEqual(await client.geosearch('g', ...near), ['Airolo', 'Andermatt']);
    const [[longitude, latitude]] = await client.geopos('g', 'Bern');
    assert.ok(Math.abs(longitude - 7.447) < 1e-4 && Math.abs(latitude - 46.948) < 1e-4);
  },
  async HyperLogLog() {
    await client.pfadd('a', ...Array.from({ length: 1000 }, (_, i) => i));
    const count = await client.pfcount('a', 'none');
    assert.ok(Math.abs(count - 1000) < 50, `counted ${count}`);
  },
  async bitmaps() {
    assert.equal(await client.setbit('x', 7, 1), 0);
    assert.equal(await client.getbit('x', 7), 1);
    assert.equal(await client.bitop('NOT', 'y', 'x'), 1);
    assert.equal(await client.bitcount('y'), 7);
    assert.deepEqual(await client.bitfield('f', 'SET', 'i5', 0, -3, 'GET', 'i5', 0), [0, -3]);
  },
  async probabilistic() {
    assert.equal(await client.call('BF.ADD', 'bf', 'a'), 1);
    assert.deepEqual(await client.call('BF.MEXISTS', 'bf', 'a', 'b'), [1, 0]);
    assert.equal(await client.call('CF.ADD', 'cf', 'a'), 1);
    await client.call('CMS.INITBYPROB', 'cms', 0.001, 0.01);
    assert.deepEqual(await client.call('CMS.INCRBY', 'cms', 'a', 3), [3]);
    await client.call('TOPK.RESERVE', 'top', 3);
    assert.deepEqual(await client.call('TOPK.ADD', 'top', 'a'), [null]);
    await client.call('TDIGEST.CREATE', 'td');
    await client.call('TDIGEST.ADD', 'td', 1, 2, 3);
    assert.deepEqual(await client.call('TDIGEST.MAX', 'td'), '3');
  },
  async sort() {
    await client.rpush('l', 3, 1, 2);
    assert.deepEqual(await client.sort('l', 'DESC', 'LIMIT', 0, 2), ['3', '2']);
    assert.equal(await client.sort('l', 'STORE', 'to'), 3);
  },
  async transactions() {
    assert.deepEqual(await client.multi().set('k', 1).incr('k').hget('k', 'f').exec().then(
      (replies) => replies.map(([error, value]) => (error ? error.message.slice(0, 9) : value))),
    ['OK', 2, 'WRONGTYPE']);
    await client.watch('k');
    await other.set('k', 'changed');
    assert.equal(await client.multi().set('k', 'lost').exec(), null);
    assert.equal(await client.get('k'), 'changed');
  },
  async pipelines() {
    const pipeline = client.pipeline();
    for (let i = 0; i < 3000; ++i) pipeline.set(`p:${i}`, i).get(`p:${i}`);
    const replies = await pipeline.exec();
    assert.ok(replies.every(([error, reply], i) => error === null &&
      reply === (i % 2 === 0 ? 'OK' : `${(i - 1) / 2}`)));
  },
  async 'automatic pipelines'() {
    const automatic = new Redis({ ...options, enableAutoPipelining: true });
    const replies = await Promise.all(Array.from({ length: 500 }, () => automatic.incr('n')));
    assert.equal(Math.max(...replies), 500);
    automatic.disconnect();
  },
  async blocking() {
    const popped = client.blpop('none', 'queue', 60);
    while ((await blockedClients()) !== 1) await sleep(2);
    await other.rpush('queue', 'job');
    assert.deepEqual(await popped, ['queue', 'job']);
    const moved = client.blmove('from', 'to', 'LEFT', 'LEFT', 60);
    await other.rpush('from', 'item');
    assert.equal(await moved, 'item');
    assert.equal(await client.bzpopmax('none', 0.01), null);
  },
};

const { passed, failed } = await runCases('ioredis', cases, () => client.flushall());
client.disconnect();
other.disconnect();
console.log(`${passed} passed, ${failed} failed`);
