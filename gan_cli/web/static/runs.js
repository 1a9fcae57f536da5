// The tab Runs: the list, and a run's report in a frame from which nothing of this page is reached.

import {ask, complain} from "./status.js";
import {want} from "./choosing.js";
import {make} from "./dom.js";

const TABS = {sample: "sample", translate: "translate"};

let section;

export function start(found) {
  section = found;
  section.querySelector('[name="close"]').addEventListener("click", close);
}

export function shown() {
  ask("api/runs").then(list).catch(complain);
}

function list(runs) {
  section.querySelector(".none").hidden = runs.length > 0;
  section.querySelector(".scroll").hidden = !runs.length;
  section.querySelector("tbody").replaceChildren(...runs.map(row));
}

function row(run) {
  const tab = TABS[run.verb];
  const go = tab && make("button", {type: "button", textContent: "Play", "aria-label": `Play with ${run.name}`, onclick: () => {
    want(tab, run.id);
    location.hash = tab;
  }});
  const look = make("button", {type: "button", textContent: "Report", "aria-label": `Report of ${run.name}`, onclick: () => report(run)});
  const cells = [run.variant, run.data, run.step.toLocaleString("en"), run.saved];
  return make("tr", {}, make("th", {scope: "row", textContent: run.name}),
    make("td", {}, make("div", {class: "row"}, look, go)), ...cells.map((textContent) => make("td", {textContent})));
}

function report(run) {
  const box = section.querySelector(".report");
  const frame = box.querySelector("iframe");
  box.querySelector("h3").textContent = `Report of ${run.name}`;
  frame.title = `Report of ${run.name}`;
  frame.src = `api/runs/${run.id}/report`;
  box.hidden = false;
  box.scrollIntoView({block: "start"});
  box.querySelector("button").focus({preventScroll: true});
}

function close() {
  const box = section.querySelector(".report");
  box.hidden = true;
  box.querySelector("iframe").src = "about:blank";
}
