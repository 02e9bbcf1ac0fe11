// What is shown stands in the address of the page.

function defaults() {
  return { show: compared && index.status.some((one) => one < 2) ? "changed" : "all", q: "", sort: compared ? "-loss" : "case", page: "1" };
}

function address() {
  const [page, query = ""] = location.hash.replace(/^#/, "").split("?");
  return { page: page || "overview", parameters: new URLSearchParams(query) };
}

function stateOf(parameters) {
  const state = { ...defaults(), ...Object.fromEntries(parameters) };
  if (!Object.hasOwn(SHOWN, state.show)) state.show = "all";
  return state;
}

function hashOf(page, state) {
  const usual = defaults();
  const told = Object.entries(state).filter(([name, value]) => String(value) !== (usual[name] ?? ""));
  const query = new URLSearchParams(told).toString();
  return "#" + page + (query ? "?" + query : "");
}

function replaceHash(hash) {
  try {
    history.replaceState(null, "", hash);
  } catch {
    location.hash = hash; // where the page is shown inside another
  }
}
