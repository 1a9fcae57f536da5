// The choice of a run in a tab, and what its model can do.

import {ask, complain} from "./status.js";
import {options} from "./dom.js";

const known = new Map();  // run -> promise of its facts
const asked = new Map();  // tab -> the run that another tab wants it to show

export function factsOf(run) {
  if (!known.has(run)) {
    const found = ask(`api/models/${run}`);
    found.catch(() => known.delete(run));
    known.set(run, found);
  }
  return known.get(run);
}

export const runs = () => ask("api/models");

// Another tab is to show a run when it is opened next.
export function want(tab, run) {
  asked.set(tab, run);
}

// Fills a <select> with the runs of some verbs, and calls `chosen(facts)` for the one that is taken.
export class Choice {
  constructor(tab, select, verbs, empty, chosen) {
    Object.assign(this, {tab, select, verbs, empty, chosen, run: null});
    select.addEventListener("change", () => this.take(select.value));
  }

  async refresh() {
    const found = (await runs()).filter((run) => !run.verb || this.verbs.includes(run.verb));
    options(this.select, found.map((run) => [run.id, run.name]));
    this.select.disabled = !found.length;
    this.empty.hidden = found.length > 0;
    const wanted = asked.get(this.tab);
    asked.delete(this.tab);
    if (wanted && found.some((run) => run.id === wanted)) this.select.value = wanted;
    if (found.length) await this.take(this.select.value);
  }

  async take(run) {
    if (run === this.run) return;
    this.run = run;
    this.select.setAttribute("aria-busy", "true");
    try {
      const facts = await factsOf(run);
      if (this.run === run) await this.chosen(facts);
    } catch (error) {
      if (this.run === run) this.run = null;
      complain(error);
    } finally {
      if (this.run === run || this.run === null) this.select.removeAttribute("aria-busy");
    }
  }
}
