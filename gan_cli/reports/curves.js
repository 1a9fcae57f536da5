// Draws the charts of a page from the numbers in it, in the page's own colours, and obeys the controls above them.
(() => {
  const coarse = matchMedia("(pointer: coarse)").matches;  // a finger: it scrolls the page, and has no hover
  const charts = JSON.parse(document.getElementById("curve-data").textContent);
  const places = document.querySelectorAll(".chart");
  const control = (id) => document.getElementById(id);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const palette = () => (dark.matches
    ? ["#7cb3ff", "#ffa657", "#5fd38d", "#ff8fa3", "#c8a6ff", "#e3c65b", "#63d4d8", "#b5b5b5"]
    : ["#0b62d6", "#c2500a", "#157a3c", "#c4244c", "#7a3fd0", "#8a6d00", "#0a7c86", "#555555"]);

  // An exponential moving average that starts unbiased (Kingma and Ba 2015, arXiv:1412.6980); gaps stay gaps.
  const smoothed = (values, weight) => {
    let sum = 0, mass = 0;
    return values.map((value) => {
      if (value === null) return null;
      sum = weight * sum + (1 - weight) * value;
      mass = weight * mass + (1 - weight);
      return sum / mass;
    });
  };

  const lines = (curve, number) => {
    const color = palette()[(curve.colour ?? number) % palette().length];
    const weight = Number(control("smoothing").value);
    const x = control("axis").value === "kimg" && curve.kimg.length ? curve.kimg : curve.steps;
    const few = curve.values.length < 3;
    const common = { x, type: "scatter", legendgroup: number, mode: few ? "lines+markers" : "lines" };
    const line = { ...common, name: curve.name, line: { color, width: 2 }, y: smoothed(curve.values, weight),
      hovertemplate: "%{y:.4g}" };
    const faint = { ...common, y: curve.values, line: { color, width: 1 }, opacity: 0.4, showlegend: false,
      hoverinfo: "skip" };
    return weight > 0 && !few ? [faint, line] : [line];
  };

  // Where every chart's axis ends, so that one below another can be read together.
  const longest = (axis) => charts.flatMap((chart) => chart.curves.flatMap((curve) => curve[axis].slice(-1)))
    .reduce((most, value) => Math.max(most, value), 0);

  const layout = (chart) => {
    const style = getComputedStyle(document.body);
    const ink = style.getPropertyValue("color"), rule = style.getPropertyValue("--rule");
    const above = chart.curves.every((curve) => curve.values.every((value) => value === null || value > 0));
    const axis = { gridcolor: rule, linecolor: rule, zeroline: false, automargin: true };
    const kimg = control("axis").value === "kimg" && chart.curves.every((curve) => curve.kimg.length);
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: ink, size: 12, family: "system-ui, sans-serif" },
      margin: { l: 8, r: 8, t: 8, b: 8 }, hovermode: "x unified", hoverlabel: { bgcolor: style.backgroundColor },
      dragmode: coarse ? false : "zoom", uirevision: kimg ? "kimg" : "steps",
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, showlegend: chart.curves.length > 1 || chart.curves[0].name !== chart.title,
      xaxis: { ...axis, range: [0, longest(kimg ? "kimg" : "steps")], title: { text: kimg ? "thousands of images" : "step" } },
      yaxis: { ...axis, type: control("logarithmic").checked && above ? "log" : "linear" },
    };
  };

  const config = { responsive: true, displayModeBar: false };
  const draw = () => {
    control("smoothed").textContent = Number(control("smoothing").value).toFixed(2);
    charts.forEach((chart, number) =>
      Plotly.react(places[number], chart.curves.flatMap(lines), layout(chart), config));
  };
  document.querySelector(".controls").addEventListener("input", draw);
  document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());
  dark.addEventListener("change", draw);
  draw();
})();
