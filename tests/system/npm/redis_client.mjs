// The npm client `redis` as applications use it, family by family, in RESP2 and RESP3.
// Usage: node redis_client.mjs PORT
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';

import { places, runCases } from './cases.mjs';

const port = Number(process.argv[2]);

// What xRead and xReadGroup give, as [key, ids]: in RESP3 the client hands their replies on as they
// come, if it is told to at all (unstableResp3).
const idsRead = (reply) => (Array.isArray(reply)
  ? reply.map(({ name, messages }) => [name, messages.map(({ id }) => id)])
  : Object.entries(reply).map(([name, entries]) => [name, entries.map(([id]) => id)]));

function casesOf(client, other) {
  const blockedClients = async () =>
    Number((await other.info('clients')).match(/blocked_clients:(\d+)/)[1]);
  return {
    async strings() {
      assert.equal(await client.set('k', 'v', { EX: 100, NX: true }), 'OK');
      assert.equal(await client.set('k', 'w', { NX: true }), null);
      assert.equal(await client.get('k'), 'v');
      assert.ok((await client.ttl('k')) > 0);
      assert.equal(await client.incrBy('n', 41), 41);
      assert.equal(await client.incr('n'), 42);
      assert.equal(Number(await client.incrByFloat('n', 0.5)), 42.5);
      await client.mSet({ a: '1', b: 'zwölf' });
      assert.deepEqual(await client.mGet(['a', 'none', 'b']), ['1', null, 'zwölf']);
      assert.equal(await client.append('a', '23'), 3);
      assert.equal(await client.getRange('a', 1, -1), '23');
      assert.equal(await client.getDel('a'), '123');
      await assert.rejects(client.incr('b'), /not an integer/);
    },
    async keys() {
      const pairs = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key:${i}`, 'v']));
      await client.mSet(pairs);
      const seen = new Set();
      for await (const keys of client.scanIterator({ MATCH: 'key:*', COUNT: 50 })) {
        for (const key of keys) seen.add(key);
      }
      assert.equal(seen.size, 500);
      assert.equal(await client.rename('key:1', 'renamed'), 'OK');
      assert.equal(await client.type('renamed'), 'string');
      assert.equal(await client.unlink(['renamed', 'key:2', 'none']), 2);
      assert.equal(await client.copy('key:3', 'copied'), 1);
      assert.equal(await client.exists(['copied', 'key:1']), 1);
    },
    async hashes() {
      assert.equal(await client.hSet('h', { f: '1', g: 'two' }), 2);
      assert.deepEqual({ ...(await client.hGetAll('h')) }, { f: '1', g: 'two' });
      assert.deepEqual(await client.hmGet('h', ['g', 'none']), ['two', null]);
      assert.equal(await client.hIncrBy('h', 'f', 4), 5);
      assert.equal(await client.hGet('h', 'f'), '5');
      assert.deepEqual(await client.hExpire('h', ['f', 'none'], 100), [1, -2]);
      assert.ok((await client.hTTL('h', ['f']))[0] > 0);
      assert.deepEqual(await client.hPersist('h', ['f']), [1]);
      for (let i = 0; i < 600; ++i) await client.hSet('big', `field:${i}`, `${i}`);
      let sum = 0;
      for await (const entries of client.hScanIterator('big')) {
        for (const { value } of entries) sum += Number(value);
      }
      assert.equal(sum, (600 * 599) / 2);
      assert.equal(await client.hDel('h', ['f', 'g']), 2);
      assert.equal(await client.exists('h'), 0);
    },
    async lists() {
      assert.equal(await client.rPush('l', ['a', 'b', 'c', 'b']), 4);
      assert.equal(await client.lPush('l', 'z'), 5);
      assert.deepEqual(await client.lRange('l', 0, -1), ['z', 'a', 'b', 'c', 'b']);
      assert.equal(await client.lPos('l', 'b', { RANK: -1 }), 4);
      assert.equal(await client.lInsert('l', 'BEFORE', 'c', 'x'), 6);
      assert.equal(await client.lMove('l', 'm', 'LEFT', 'RIGHT'), 'z');
      assert.deepEqual(await client.lPopCount('l', 2), ['a', 'b']);
      assert.deepEqual(await client.lmPop(['none', 'l'], 'RIGHT', { COUNT: 2 }), ['l', ['b', 'c']]);
      assert.equal(await client.lLen('l'), 1);
    },
    async sets() {
      assert.equal(await client.sAdd('s', ['1', '2', '3']), 3);
      assert.equal(await client.sAdd('t', ['2', '3', 'four']), 3);
      assert.deepEqual((await client.sInter(['s', 't'])).sort(), ['2', '3']);
      assert.deepEqual((await client.sUnion(['s', 't'])).sort(), ['1', '2', '3', 'four']);
      assert.equal(await client.sDiffStore('d', ['s', 't']), 1);
      assert.equal(await client.sInterCard(['s', 't'], 1), 1);
      assert.deepEqual(await client.smIsMember('s', ['1', '9']), [1, 0]);
      assert.equal((await client.sPopCount('s', 2)).length, 2);
      assert.equal(await client.sCard('s'), 1);
    },
    async 'sorted sets'() {
      const entries = [1, 2, 3].map((score) => ({ score, value: `m${score}` }));
      assert.equal(await client.zAdd('z', entries), 3);
      assert.equal(await client.zIncrBy('z', 1.5, 'm1'), 2.5);
      assert.deepEqual(await client.zRangeWithScores('z', 0, -1), [
        { value: 'm2', score: 2 }, { value: 'm1', score: 2.5 }, { value: 'm3', score: 3 }]);
      assert.equal(await client.zRank('z', 'm3'), 2);
      assert.deepEqual(await client.zRange('z', '(2', '+inf', { BY: 'SCORE' }), ['m1', 'm3']);
      assert.equal(await client.zScore('z', 'none'), null);
      await client.zAdd('y', { score: 10, value: 'm2' });
      assert.equal(await client.zUnionStore('u', ['z', 'y']), 3);
      assert.equal(await client.zScore('u', 'm2'), 12);
      assert.deepEqual(await client.zPopMax('u'), { value: 'm2', score: 12 });
      assert.equal(await client.zRemRangeByRank('z', 0, 1), 2);
    },
    async streams() {
      assert.equal(await client.xAdd('s', '1-1', { a: '1', b: 'two' }), '1-1');
      assert.equal(await client.xAdd('s', '2-1', { c: '3' }), '2-1');
      const plain = (entries) => entries.map(({ id, message }) => [id, { ...message }]);
      assert.deepEqual(plain(await client.xRange('s', '-', '+')),
        [['1-1', { a: '1', b: 'two' }], ['2-1', { c: '3' }]]);
      assert.deepEqual(plain(await client.xRevRange('s', '+', '-', { COUNT: 1 })),
        [['2-1', { c: '3' }]]);
      const streams = [{ key: 'none', id: '$' }, { key: 's', id: '$' }];
      const read = client.xRead(streams, { BLOCK: 60_000 });
      while ((await blockedClients()) !== 1) await sleep(2);
      assert.equal(await other.xAdd('s', '3-1', { d: '4' }), '3-1');
      assert.deepEqual(idsRead(await read), [['s', ['3-1']]]);
      assert.equal(await client.xRead({ key: 's', id: '$' }, { BLOCK: 10 }), null);
      assert.equal(await client.xDel('s', ['1-1', '9-9']), 1);
      assert.equal(await client.xTrim('s', 'MAXLEN', 1), 1);
      assert.equal(await client.xLen('s'), 1);
      const info = await client.xInfoStream('s');
      assert.deepEqual([info.length, info['last-generated-id'], info['first-entry'].id],
        [1, '3-1', '3-1']);
      await assert.rejects(client.xAdd('s', '3-1', { e: '5' }), /equal or smaller/);
    },
    async 'consumer groups'() {
      assert.equal(await client.xGroupCreate('jobs', 'workers', '$', { MKSTREAM: true }), 'OK');
      await assert.rejects(client.xGroupCreate('jobs', 'workers', '$'), /BUSYGROUP/);
      const fresh = { key: 'jobs', id: '>' };
      const read = client.xReadGroup('workers', 'ann', fresh, { BLOCK: 60_000 });
      while ((await blockedClients()) !== 1) await sleep(2);
      for (const n of [1, 2, 3]) await other.xAdd('jobs', `${n}-0`, { n: `${n}` });
      assert.deepEqual(idsRead(await read), [['jobs', ['1-0']]]);
      assert.deepEqual(idsRead(await client.xReadGroup('workers', 'bob', fresh)),
        [['jobs', ['2-0', '3-0']]]);
      const pending = await client.xPending('jobs', 'workers');
      assert.deepEqual([pending.pending, pending.firstId, pending.lastId], [3, '1-0', '3-0']);
      assert.equal(await client.xAck('jobs', 'workers', ['1-0', '9-9']), 1);
      const claimed = await client.xAutoClaim('jobs', 'workers', 'ann', 0, '0', { COUNT: 1 });
      assert.deepEqual([claimed.nextId, claimed.messages.map(({ id }) => id)], ['3-0', ['2-0']]);
      assert.deepEqual(await client.xClaimJustId('jobs', 'workers', 'ann', 0, '3-0'), ['3-0']);
      const [group] = await client.xInfoGroups('jobs');
      assert.deepEqual({ ...group }, { name: 'workers', consumers: 2, pending: 2,
        'last-delivered-id': '3-0', 'entries-read': 3, lag: 0 });
      const consumers = await client.xInfoConsumers('jobs', 'workers');
      assert.deepEqual(consumers.map((consumer) => [consumer.name, consumer.pending]),
        [['ann', 2], ['bob', 0]]);
      assert.equal(await client.xGroupDelConsumer('jobs', 'workers', 'ann'), 2);
      assert.equal(await client.xGroupDestroy('jobs', 'workers'), 1);
      await assert.rejects(client.xReadGroup('workers', 'ann', fresh), /NOGROUP/);
    },
    async geo() {
      const members = Object.entries(places).map(
        ([member, [longitude, latitude]]) => ({ member, longitude, latitude }));
      assert.equal(await client.geoAdd('g', members), 3);
      const found = await client.geoSearch(
        'g', { longitude: 8.6, latitude: 46.58 }, { radius: 20, unit: 'km' }, { SORT: 'ASC' });
      assert.deepEqual(found, ['Airolo', 'Andermatt']);
      const far = Number(await client.geoDist('g', 'Airolo', 'Bern', 'km'));
      assert.ok(far > 90 && far < 110);
    },
    async 'HyperLogLog'() {
      await client.pfAdd('a', Array.from({ length: 1000 }, (_, i) => `${i}`));
      await client.pfAdd('b', Array.from({ length: 1000 }, (_, i) => `${i + 500}`));
      await client.pfMerge('both', ['a', 'b']);
      const count = await client.pfCount('both');
      assert.ok(Math.abs(count - 1500) < 75, `counted ${count}`);
    },
    async bitmaps() {
      assert.equal(await client.setBit('x', 7, 1), 0);
      assert.equal(await client.setBit('y', 100, 1), 0);
      assert.equal(await client.bitOp('OR', 'both', ['x', 'y']), 13);
      assert.equal(await client.bitCount('both'), 2);
      assert.equal(await client.bitPos('both', 1), 7);
      const replies = await client.bitField('f', [
        { operation: 'SET', encoding: 'u8', offset: 0, value: 255 },
        { operation: 'OVERFLOW', behavior: 'SAT' },
        { operation: 'INCRBY', encoding: 'u8', offset: 0, increment: 9 }]);
      assert.deepEqual(replies, [0, 255]);
    },
    async probabilistic() {
      await client.bf.reserve('bf', 0.01, 1000);
      assert.deepEqual((await client.bf.mAdd('bf', ['a', 'b'])).map(Boolean), [true, true]);
      assert.equal(Boolean(await client.bf.exists('bf', 'a')), true);
      assert.equal(Boolean(await client.cf.add('cf', 'a')), true);
      assert.equal(await client.cf.count('cf', 'a'), 1);
      await client.cms.initByDim('cms', 1000, 5);
      assert.deepEqual(await client.cms.incrBy('cms', { item: 'a', incrementBy: 7 }), [7]);
      await client.topK.reserve('top', 2);
      await client.topK.add('top', ['a', 'b', 'a']);
      assert.deepEqual((await client.topK.list('top')).sort(), ['a', 'b']);
      await client.tDigest.create('td');
      await client.tDigest.add('td', [1, 2, 3, 4, 5]);
      assert.deepEqual(await client.tDigest.quantile('td', [0.5]), [3]);
      assert.equal((await client.bf.info('bf'))['Number of items inserted'], 2);
    },
    async 'SORT, DUMP and RESTORE'() {
      await client.rPush('l', ['3', '1', '2']);
      assert.deepEqual(await client.sort('l', { DIRECTION: 'DESC' }), ['3', '2', '1']);
      assert.equal(await client.sortStore('l', 'to', { LIMIT: { offset: 0, count: 2 } }), 2);
      assert.deepEqual(await client.lRange('to', 0, -1), ['1', '2']);
    },
    async transactions() {
      assert.deepEqual(await client.multi().set('k', '1').incr('k').get('k').exec(),
        ['OK', 2, '2']);
      await client.watch('k');
      await other.set('k', 'changed');
      await assert.rejects(client.multi().set('k', 'lost').exec(), /WATCH/i);
      assert.equal(await client.get('k'), 'changed');
    },
    async pipelines() {
      const work = [];
      for (let i = 0; i < 3000; ++i) work.push(client.set(`p:${i}`, `${i}`), client.get(`p:${i}`));
      const replies = await Promise.all(work);
      assert.ok(replies.every((reply, i) => reply === (i % 2 === 0 ? 'OK' : `${(i - 1) / 2}`)));
    },
    async blocking() {
      const popped = client.blPop(['none', 'queue'], 60);
      while ((await blockedClients()) !== 1) await sleep(2);
      await other.rPush('queue', 'job');
      assert.deepEqual({ ...(await popped) }, { key: 'queue', element: 'job' });
      const least = client.bzPopMin('scores', 60);
      await other.zAdd('scores', { score: 1.5, value: 'm' });
      assert.deepEqual({ ...(await least) }, { key: 'scores', value: 'm', score: 1.5 });
      assert.equal(await client.blPop('none', 0.01), null);
    },
  };
}

const total = { passed: 0, failed: 0 };
for (const RESP of [2, 3]) {
  const socket = { host: '127.0.0.1', port, reconnectStrategy: false };
  const options = { socket, RESP, unstableResp3: true };
  const client = await createClient(options).connect();
  const other = await createClient(options).connect();
  const result = await runCases(`redis in RESP${RESP}`, casesOf(client, other),
    () => client.flushAll());
  total.passed += result.passed;
  total.failed += result.failed;
  await client.close();
  await other.close();
}
console.log(`${total.passed} passed, ${total.failed} failed`);
