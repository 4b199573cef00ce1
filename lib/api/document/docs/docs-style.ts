/** The style of the docs page: system fonts, light and dark mode, no external resources. */
export const docsStyle = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#566272;--paper:#f7f8fb;--card:#fff;--line:#dfe3ea;--field:#7d8898;--accent:#2457c5;--on:#fff;--code:#eef1f6;--get:#176e41;--post:#2457c5;--patch:#8a5200;--delete:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3aebd;--paper:#12161c;--card:#1a2028;--line:#2c3542;--field:#77849a;--accent:#8fb2ff;--on:#12161c;--code:#222a35;--get:#5fd398;--post:#8fb2ff;--patch:#f0b45c;--delete:#ff8f86}}
*{box-sizing:border-box}
[hidden]:not([hidden=until-found]){display:none!important}
html:not(.js) .control{display:none}
html{scroll-behavior:smooth;scroll-padding-top:4rem}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
main:focus{outline:0}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;z-index:2;background:var(--card);padding:.5rem 1rem}
.layout{display:grid;grid-template-columns:16rem minmax(0,1fr);max-width:78rem;margin:0 auto}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1.5rem 1rem 1.5rem 1.5rem;font-size:.87rem}
nav p{font-size:.75rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);margin:1.1rem 0 .3rem}
nav ul{list-style:none;margin:0;padding:0}nav li{margin:.2rem 0}nav a{text-decoration:none;color:var(--ink)}nav a:hover{color:var(--accent);text-decoration:underline}
main{padding:1.5rem 1.5rem 4rem;min-width:0}
h1{font-size:1.9rem;line-height:1.2;margin:0}h2{margin:2rem 0 .75rem;font-size:1.3rem}h3{margin:0;font-size:1rem;font-weight:600}
h4{margin:1.5rem 0 .4rem;font-size:.9rem}
p{margin:.5rem 0}
.version{color:var(--soft);font-size:1rem;font-weight:400}
.soft{color:var(--soft);font-size:.9rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:0 0 .5rem;padding:0 1rem}
.card[open]{padding-bottom:1rem}
summary{cursor:pointer}
.card>summary{margin:0 -1rem;padding:.65rem 1rem}
.card>summary h3{display:inline}
.call>summary{position:relative;padding-right:2.2rem;display:flex;gap:.15rem .7rem;align-items:baseline;flex-wrap:wrap;list-style:none}
.call>summary::-webkit-details-marker{display:none}
.call>summary::after{content:"+";position:absolute;right:1rem;color:var(--soft)}.call[open]>summary::after{content:"–"}
.call>summary code{overflow-wrap:anywhere}
.call[open]>summary{border-bottom:1px solid var(--line);margin-bottom:.75rem}
.method{font:700 .8rem/1 ui-monospace,SFMono-Regular,Menlo,monospace;min-width:3.4rem}
.get{color:var(--get)}.post{color:var(--post)}.patch{color:var(--patch)}.delete{color:var(--delete)}
.more{margin:.4rem 0}.more>summary{color:var(--soft);font-size:.9rem;width:fit-content}
code,pre,.body{font:.87em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
p code,dd code,li code,dt code,.field code{background:var(--code);padding:.1em .3em;border-radius:4px;overflow-wrap:anywhere}
.status{font-weight:700}
pre{background:var(--code);padding:.7rem .9rem;border-radius:6px;margin:.4rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.row{display:flex;gap:.4rem .5rem;align-items:center;flex-wrap:wrap;margin:.5rem 0}.row p{flex-basis:100%;margin:0}
.find{position:sticky;top:0;z-index:1;background:var(--paper);padding:.6rem 0;display:flex;gap:.3rem .6rem;align-items:center;flex-wrap:wrap}
#filter{flex:1 1 11rem;min-width:0}
#found{color:var(--soft);font-size:.9rem;min-width:6.5rem}
#token{flex:0 1 20rem;min-width:0}
input,select,textarea,button{font:inherit;font-size:.95rem;color:inherit;background:var(--card);border:1px solid var(--field);border-radius:6px;padding:.35rem .55rem;max-width:100%}
::placeholder{color:var(--soft);opacity:1}
.field{margin:.7rem 0;display:grid;grid-template-columns:minmax(0,1fr) minmax(0,21rem);gap:.2rem 1.5rem;align-items:start}.field p{margin:.15rem 0 0;font-size:.93rem}
.field input,.field select,.field textarea{width:100%}.field .small{margin-top:.3rem}
textarea{display:block;resize:vertical;width:100%}
.body{font-size:.85rem;background:var(--code)}
button{background:var(--accent);border-color:var(--accent);color:var(--on);font-weight:600;cursor:pointer;padding:.35rem .9rem}
button.danger{background:var(--delete);border-color:var(--delete)}
button.small,#token-forget,.copy{background:none;color:var(--accent);font-weight:400}
.sample{position:relative}.copy{position:absolute;top:2.3rem;right:.4rem;font:.8rem system-ui,sans-serif;padding:.1rem .5rem;background:var(--card)}
.send{display:flex;gap:.7rem;align-items:center;flex-wrap:wrap}
.answer{border-left:3px solid var(--accent);padding-left:.8rem}.answer.bad{border-color:var(--delete)}
.answer pre{max-height:28rem;overflow:auto}
.answer ul{padding-left:1.2rem;margin:.3rem 0}
.answers{padding:0;margin:.3rem 0;list-style:none}.answers li{margin:.5rem 0}
.fields{display:grid;grid-template-columns:minmax(7rem,max-content) minmax(0,1fr);gap:.35rem 1rem;margin:.5rem 0;font-size:.92rem}
.fields dd{margin:0}
.fields dt{max-width:16rem}
@media (max-width:52rem){.layout{display:block}nav{display:none}.find label{position:absolute;left:-999px}#found{min-width:auto}#token{flex:1 1 6rem}main{padding:1rem .9rem 3rem}h1{font-size:1.5rem}.fields{display:block}.fields dt{max-width:none}.fields dd{margin:0 0 .6rem}.field{display:block}.field p{margin-bottom:.3rem}.card{padding:0 .75rem}.card>summary{margin:0 -.75rem;padding:.65rem .75rem}.call>summary{padding-right:2rem}}
`.trim();
