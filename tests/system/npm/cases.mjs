// Runs the cases of a client's file, one after the other, each on an empty database, and prints a
// line for each and the total that tests/run.py reads.

/** @param {Record<string, () => Promise<void>>} cases  @param {() => Promise<unknown>} before */
export async function runCases(title, cases, before) {
  let passed = 0;
  let failed = 0;
  for (const [name, run] of Object.entries(cases)) {
    try {
      await before();
      await run();
      ++passed;
    } catch (error) {
      ++failed;
      console.log(`FAILED ${title}, ${name}: ${error.stack}`);
    }
  }
  return { passed, failed };
}

/** The places of the geo cases: longitude and latitude. */
export const places = {
  Andermatt: [8.594, 46.633],
  Airolo: [8.611, 46.529],
  Bern: [7.447, 46.948],
};
