// The tabs of the page: each is loaded when it is first opened, and may be opened by its name behind #.

const tabs = [...document.querySelectorAll('[role="tab"]')];
const loaded = new Map();  // name -> promise of the tab's module
let open = null;

export function say(text) {
  document.getElementById("status").textContent = text;
}

async function load(name) {
  const panel = document.getElementById(`panel-${name}`);
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = `static/${name}.css`;
  document.head.append(style);
  const [answer, module] = await Promise.all([fetch(`static/${name}.html`), import(`./${name}.js`)]);
  if (!answer.ok) throw new Error(`${name} cannot be loaded`);
  panel.innerHTML = await answer.text();
  await module.start(panel.querySelector("section"));
  return module;
}

async function show(name, focus = false) {
  if (name === open) return;
  const before = open;
  open = name;
  for (const tab of tabs) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
    if (chosen && focus) tab.focus();
  }
  if (location.hash.slice(1).split("/")[0] !== name) history.replaceState(null, "", `#${name}`);
  try {
    if (before && loaded.has(before)) (await loaded.get(before)).hidden?.();
    const first = !loaded.has(name);
    if (first) loaded.set(name, load(name));
    const module = await loaded.get(name);
    if (open === name) module.shown?.(first);
  } catch (error) {
    loaded.delete(name);
    say(error.message);
  }
}

const named = () => {
  const name = location.hash.slice(1).split("/")[0];
  return tabs.some((tab) => tab.dataset.tab === name) ? name : tabs[0].dataset.tab;
};

for (const tab of tabs) {
  tab.addEventListener("click", () => show(tab.dataset.tab));
  tab.addEventListener("keydown", (event) => {
    const steps = {ArrowRight: 1, ArrowLeft: -1, Home: -tabs.indexOf(tab), End: tabs.length - 1 - tabs.indexOf(tab)};
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + steps[event.key] + tabs.length) % tabs.length];
    show(next.dataset.tab, true);
  });
}
addEventListener("hashchange", () => show(named()));
show(named());
