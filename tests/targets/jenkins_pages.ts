/** The pages that a Jenkins answers with, as its servlet container, its error views and its filters make them. */

interface PageOptions {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** On every answer that Jenkins itself makes. */
const OF_JENKINS = { "x-jenkins": "2.462.3", "x-hudson": "1.395", "x-content-type-options": "nosniff" };

export function answer(body: string | null, { status, headers = {} }: PageOptions): Response {
  return new Response(body, { status, headers: { ...OF_JENKINS, ...headers } });
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return answer(JSON.stringify(value), {
    status: 200,
    headers: { "content-type": "application/json;charset=utf-8", ...headers },
  });
}

export function redirect(location: string, status = 302): Response {
  return answer("", { status, headers: { location } });
}

/** Jetty's page for `sendError(status, message)`. */
export function containerError(
  status: number,
  message: string,
  headers: PageOptions["headers"] = {},
): Response {
  const page = `<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<title>Error ${status} ${escapeHtml(message)}</title>
</head>
<body><h2>HTTP ERROR ${status} ${escapeHtml(message)}</h2>
<table>
<tr><th>URI:</th><td>/</td></tr>
<tr><th>STATUS:</th><td>${status}</td></tr>
<tr><th>MESSAGE:</th><td>${escapeHtml(message)}</td></tr>
<tr><th>SERVLET:</th><td>Stapler</td></tr>
</table>
<hr/><a href="https://jetty.org/">Powered by Jetty:// 10.0.24</a><hr/>
</body>
</html>
`;
  return answer(page, { status, headers: { "content-type": "text/html;charset=utf-8", ...headers } });
}

/** `hudson.model.Failure`: what was wrong with a request, in Jenkins' own frame. */
export function failure(message: string): Response {
  const main = `<h1>Error</h1><p>${escapeHtml(message)}</p>`;
  return answer(inFrame(main), {
    status: 400,
    // A header holds nothing beyond Latin-1: Jetty puts a blank.
    headers: { "content-type": "text/html;charset=utf-8", "x-error": message.replace(/[^\x20-\xff]/g, " ") },
  });
}

/** `Jenkins/oops`: an exception that nobody expected. */
export function oops(): Response {
  const main = "<h1>Oops!</h1><h2>A problem occurred while processing the request</h2>" +
    "<p>Logging ID=8f7b1c9e-0d55-4c35-a2f3-4b3d6d2a1c11</p>";
  return answer(inFrame(main), { status: 500, headers: { "content-type": "text/html;charset=utf-8" } });
}

/** `AccessDeniedException3` for somebody who is logged in. */
export function accessDenied(user: string, right: { name: string; id: string }): Response {
  const main = `<h1>Access Denied</h1><p class="error">${
    escapeHtml(user)
  } is missing the ${right.name} permission</p>`;
  return answer(inFrame(main), {
    status: 403,
    headers: {
      "content-type": "text/html;charset=utf-8",
      "x-you-are-authenticated-as": user,
      "x-required-permission": right.id,
    },
  });
}

/** `HudsonAuthenticationEntryPoint` for somebody who is not. */
export function authenticationRequired(): Response {
  const page = "<html><head><meta http-equiv='refresh' content='1;url=/login?from=%2F'/>" +
    "<script id='redirect' data-redirect-url='/login?from=%2F' src='/static/1/scripts/redirect.js'></script>" +
    "</head><body style='background-color:white; color:white;'>\nAuthentication required\n<!--\n-->\n</body></html>";
  return answer(page, {
    status: 403,
    headers: {
      "content-type": "text/html;charset=utf-8",
      "x-you-are-authenticated-as": "anonymous",
      "x-required-permission": "hudson.model.Hudson.Read",
    },
  });
}

/** `HudsonIsLoading`: what everybody gets until the start is over. */
export function isLoading(): Response {
  const page =
    `<!DOCTYPE html><html><head><title>Starting Jenkins</title><script>let x = 1 < 2;</script></head>
<body><h1>Please wait while Jenkins is getting ready to work<span id="loading"></span></h1>
<p>Your browser will reload automatically when Jenkins is ready.</p></body></html>`;
  return answer(page, { status: 503, headers: { "content-type": "text/html;charset=utf-8" } });
}

/** The list of nodes that a browser is led to. */
export function computersPage(names: readonly string[]): Response {
  const rows = names.map((name) => `<tr id="node_${escapeHtml(name)}"><td>${escapeHtml(name)}</td></tr>`)
    .join("");
  return answer(inFrame(`<h1>Nodes</h1><table id="computers">${rows}</table>`), {
    status: 200,
    headers: { "content-type": "text/html;charset=utf-8" },
  });
}

function inFrame(main: string): string {
  return `<!DOCTYPE html><html class=""><head resURL="/static/1"><title>Jenkins</title>
<script type="text/javascript">var crumb = {};</script></head>
<body id="jenkins" class="yui-skin-sam">
<header id="page-header" class="page-header"><a href="/user/nodepool">Nodepool</a><a href="/logout">log out</a></header>
<div id="side-panel"><a href="/computer/new">New Node</a></div>
<div id="main-panel">${main}</div>
<footer class="page-footer"><a href="/api/">REST API</a> Jenkins 2.462.3</footer>
</body></html>`;
}

export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#039;");
}
