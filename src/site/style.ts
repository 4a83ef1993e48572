/** The style sheet of the pages: system colours, so that light and dark come from the reader's settings. */
export const style = `:root { color-scheme: light dark; font: 100%/1.45 system-ui, sans-serif; }
body { margin: 0; background: Canvas; color: CanvasText; }
header { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: baseline; padding: .6rem 1rem;
  border-bottom: 1px solid GrayText; }
header > a { font-weight: bold; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1.2rem; list-style: none; margin: 0; padding: 0; }
main { padding: 0 1rem 2rem; }
h1 { font-size: 1.4rem; }
h2 { font-size: 1.1rem; }
a { color: LinkText; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid GrayText; }
td { white-space: pre-line; }
.number { text-align: right; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; }
dt { font-weight: bold; }
dd { margin: 0; white-space: pre-line; overflow-wrap: anywhere; }
pre { overflow-x: auto; }
`;
