/** The docs page's style: system fonts, light and dark, nothing loaded from elsewhere. */
export const docsStyle = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6675;--paper:#fbfbfd;--card:#fff;--line:#dfe3ea;--accent:#2457c5;--code:#eef1f6;--get:#1a7f4b;--post:#2457c5;--patch:#9a5b00;--delete:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa6b6;--paper:#12161c;--card:#1a2028;--line:#2c3542;--accent:#8fb2ff;--code:#222a35;--get:#5fd398;--post:#8fb2ff;--patch:#f0b45c;--delete:#ff8f86}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
a{color:var(--accent);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem}
.layout{display:grid;grid-template-columns:17rem minmax(0,1fr);max-width:80rem;margin:0 auto}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:2rem 1rem 2rem 1.5rem;font-size:.9rem}
nav h2{font-size:.75rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);margin:1.4rem 0 .4rem}
nav ul{list-style:none;margin:0;padding:0}nav li{margin:.15rem 0}nav a{text-decoration:none;color:var(--ink)}nav a:hover{color:var(--accent)}
main{padding:2rem 1.5rem 4rem;min-width:0}
h1{font-size:2rem;margin:0 0 .25rem}h2{margin:3rem 0 1rem;font-size:1.4rem}h3{margin:0;font-size:1.05rem;font-weight:600}
h4{margin:1.25rem 0 .4rem;font-size:.8rem;letter-spacing:.05em;text-transform:uppercase;color:var(--soft)}
.version{color:var(--soft);font-size:1rem;font-weight:400}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.25rem;margin:0 0 1rem;overflow-wrap:break-word}
.call{display:flex;gap:.6rem;align-items:baseline;flex-wrap:wrap}
.method{font:600 .8rem/1 ui-monospace,SFMono-Regular,Menlo,monospace;min-width:3.6rem}
.get{color:var(--get)}.post{color:var(--post)}.patch{color:var(--patch)}.delete{color:var(--delete)}
code,pre{font:.87em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
p code,td code,li code{background:var(--code);padding:.1em .35em;border-radius:4px}
pre{background:var(--code);padding:.8rem 1rem;border-radius:8px;overflow:auto;margin:.3rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{text-align:left;color:var(--soft);font-weight:500;font-size:.82rem}
th,td{padding:.35rem .9rem .35rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
.soft{color:var(--soft)}
@media (max-width:52rem){.layout{display:block}nav{position:static;max-height:none;padding-bottom:0}}
`.trim();
