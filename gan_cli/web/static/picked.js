// The seeds that were picked for a walk, by run.

const seeds = new Map();

export function picked(run) {
  if (!seeds.has(run)) seeds.set(run, []);
  return seeds.get(run);
}

export function pick(run, seed) {
  picked(run).push(seed);
}

export function drop(run, place) {
  picked(run).splice(place, 1);
}
