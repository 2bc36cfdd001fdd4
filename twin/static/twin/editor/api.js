/* Speaks to the server: the session's cookie, the page's token, problems as errors. */

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "The server did not answer as expected. Try again.");
    this.status = status;
    this.slug = (problem.type || "").split("/").pop();
    this.news = problem.news || [];
  }
}

export class Api {
  constructor(root, token) {
    this.root = root;
    this.token = token;
  }

  get(at, query = {}) {
    const text = new URLSearchParams(query).toString();
    return this.#ask(at + (text ? `?${text}` : ""), {});
  }

  post(at, body = {}) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token };
    return this.#ask(at, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #ask(at, options) {
    let response;
    try {
      response = await fetch(this.root + at, { ...options, credentials: "same-origin", redirect: "manual" });
    } catch {
      throw new Refusal(0, { detail: "The server cannot be reached. Nothing was changed." });
    }
    if (response.type === "opaqueredirect") {
      throw new Refusal(401, { detail: "You are signed out. Sign in again in another tab, then try again." });
    }
    const isJson = (response.headers.get("Content-Type") || "").includes("json");
    const body = isJson ? await response.json() : {};
    if (response.ok) return body;
    if (!isJson && response.status === 403) body.detail = "You are not allowed to do this.";
    if (!isJson && response.status === 404) body.detail = "It is gone: somebody else deleted it.";
    throw new Refusal(response.status, body);
  }
}
