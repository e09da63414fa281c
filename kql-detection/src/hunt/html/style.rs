//! The style sheet and the script of the page.

pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b6570;--line:#d5dae0;--card:#f6f8fa;--accent:#0b5cad;\
--high:#b3261e;--medium:#a34b00;--low:#7a6400;--info:#0b5cad;--none:#5b6570;--mark:#ffe28a;--markfg:#3b2c00}\
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e6e9ed;--dim:#9aa5b1;--line:#333a43;--card:#1c2127;--accent:#7ab7ff;\
--high:#ff8a80;--medium:#ffb070;--low:#e3cf6a;--info:#7ab7ff;--none:#9aa5b1;--mark:#6b5200;--markfg:#fff1c2}}\
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:80rem;padding:1rem;background:var(--bg);color:var(--fg)}\
h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2rem 0 .6rem}small,.file,.note{color:var(--dim)}small{font-size:.85em;font-weight:400}\
a{color:var(--accent)}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}.skip{position:absolute;left:-99rem}.skip:focus{position:static}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.5rem 0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\
ul{list-style:none;margin:0;padding:0}.tiles{display:flex;flex-wrap:wrap;gap:.6rem}\
.tiles li{flex:1 1 8rem;background:var(--card);border:1px solid var(--line);border-left:4px solid var(--c);border-radius:6px;padding:.5rem .8rem;display:flex;flex-direction:column}\
.tiles b{font-size:1.6rem;line-height:1.2;color:var(--c)}\
.s-high{--c:var(--high)}.s-medium{--c:var(--medium)}.s-low{--c:var(--low)}.s-info{--c:var(--info)}.s-none{--c:var(--none)}\
.matrix{display:flex;gap:.5rem;overflow:auto;max-height:34rem;padding-bottom:.4rem;align-items:flex-start}\
.matrix>div{flex:1 0 11rem;min-width:11rem}.matrix h3{font-size:.85rem;margin:0 0 .3rem}\
.matrix details{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--c);border-radius:4px;margin-bottom:.3rem}\
.matrix summary{padding:.2rem .5rem;cursor:pointer}.matrix li{padding:.15rem .5rem;font-size:.85rem;overflow-wrap:anywhere}\
.chart svg{width:100%;display:block}svg.all{height:9rem}svg.one{height:2.2rem}.ends{display:flex;justify-content:space-between;gap:1rem;margin:.2rem 0;color:var(--dim);font-size:.85rem}.axis{stroke:var(--line)}\
.b-high{fill:var(--high)}.b-medium{fill:var(--medium)}.b-low{fill:var(--low)}.b-info{fill:var(--info)}.b-none{fill:var(--none)}\
.key{display:flex;flex-wrap:wrap;gap:.2rem 1rem;color:var(--dim);font-size:.85rem}.key i{display:inline-block;width:.8em;height:.8em;background:var(--c);margin-right:.3em;border-radius:2px}\
.tools{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}input,button{font:inherit;padding:.25rem .6rem;border:1px solid var(--line);border-radius:5px;background:var(--card);color:var(--fg)}\
details.hit{border:1px solid var(--line);border-left:4px solid var(--c);border-radius:6px;margin:.5rem 0;background:var(--card)}\
details.hit>summary{padding:.5rem .8rem;cursor:pointer;overflow-wrap:anywhere}details.hit>summary b{font-weight:600}\
details.hit>div{padding:0 .8rem .8rem}.badge{display:inline-block;color:var(--c);border:1px solid var(--c);border-radius:4px;padding:0 .4em;font-size:.8rem;margin-right:.4em}\
.n{font-variant-numeric:tabular-nums;color:var(--dim)}.entities{display:flex;flex-wrap:wrap;gap:.3rem;margin:.6rem 0}.entities li{border:1px solid var(--line);border-radius:4px;padding:0 .5em;font-size:.9rem;overflow-wrap:anywhere}\
.scroll{overflow:auto;max-height:32rem;border:1px solid var(--line);border-radius:5px;background:var(--bg)}table{border-collapse:collapse;font:12.5px/1.45 ui-monospace,monospace}\
th,td{padding:.2rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);max-width:36rem;white-space:nowrap}\
td.w{min-width:16rem;white-space:normal;overflow-wrap:anywhere}th{position:sticky;top:0;background:var(--card);white-space:nowrap}mark{background:var(--mark);color:var(--markfg);border-radius:2px}td i{color:var(--dim)}\
pre{font:12.5px/1.5 ui-monospace,monospace;overflow-x:auto;background:var(--bg);border:1px solid var(--line);border-radius:5px;padding:.5rem}\
details details{margin:.5rem 0}section>details{margin:.4rem 0}summary{cursor:pointer}.list li{padding:.25rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}\
@media(max-width:600px){body{padding:.6rem}dl{grid-template-columns:1fr}dd{margin-bottom:.3rem}.matrix{flex-direction:column}.matrix>div{width:100%;flex:none}.tiles li{flex-basis:6rem}td.w{min-width:12rem}}\
@media print{details.hit{break-inside:avoid}.tools{display:none}}";

/// Filters the hits, opens and closes them, and opens the one that a link leads to.
pub(super) const SCRIPT: &str = "\
(function(){var d=document,hits=[].slice.call(d.querySelectorAll('details.hit'));\
var f=d.getElementById('filter'),c=d.getElementById('count');\
function show(){var t=f.value.toLowerCase(),n=0;hits.forEach(function(h){var s=!t||h.dataset.text.indexOf(t)>=0;h.hidden=!s;if(s)n++});\
c.textContent=t?n+' of '+hits.length+' rules':''}\
function all(o){hits.forEach(function(h){if(!h.hidden)h.open=o})}\
function go(){var h=location.hash&&d.getElementById(location.hash.slice(1));if(h&&h.tagName==='DETAILS'){h.hidden=false;h.open=true;h.scrollIntoView();h.firstElementChild.focus()}}\
if(f){f.addEventListener('input',show);d.getElementById('open').addEventListener('click',function(){all(true)});\
d.getElementById('close').addEventListener('click',function(){all(false)})}\
addEventListener('hashchange',go);go()})()";
