/**
 * Return a function that has work done soon: now, or once more after the work that goes on.
 * However many events ask for it meanwhile, the bridge is asked once.
 *
 * @param {() => Promise<void>} work never fails
 */
export function oneAtATime(work) {
  let isBusy = false;
  let isDue = false;
  return async () => {
    isDue = true;
    if (isBusy) return;
    isBusy = true;
    while (isDue) {
      isDue = false;
      await work();
    }
    isBusy = false;
  };
}
