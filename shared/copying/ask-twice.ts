/**
 * Asks once more where the first answer `isAbsence`: what is gone, or refused, is so when that is said twice, since a single
 * such answer may be a stray one.
 */
export async function askTwice<T>(
  ask: () => Promise<T>,
  isAbsence: (error: unknown) => boolean,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return ask();
  }
}
