// Tables sort, filter, and show a page of their rows at a time; without this all rows are there.
'use strict';
const alphabetic = new Intl.Collator('en', {numeric: true}).compare;
for (const table of document.querySelectorAll('table')) {
  const PAGE = 200, body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const all = [...body.rows];
  if (all.length < 2) continue;
  let rows = all, shown = PAGE, words = null;
  const text = cell => cell.textContent;
  const number = s => s === '—' || s === '' ? NaN : Number(s.replace('−', '-').replace('∞', 'Infinity'));
  const make = (name, more) => Object.assign(document.createElement(name), more);
  const count = make('span'), rest = make('button', {type: 'button', textContent: 'Show more rows'});
  const show = () => {
    body.replaceChildren(...rows.slice(0, shown));
    const part = rows.length > shown ? `${shown} of ` : '';
    count.textContent = `${part}${rows.length} rows` + (rows.length < all.length ? `, ${all.length} in all` : '');
    rest.hidden = rows.length <= shown;
  };
  rest.onclick = () => { shown += 5 * PAGE; show(); };
  heads.forEach((head, i) => {
    const button = make('button', {type: 'button', title: 'Sort'});
    button.append(...head.childNodes);
    head.append(button);
    button.onclick = () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const numeric = head.classList.contains('n');
      const keys = new Map(all.map(row => [row, numeric ? number(text(row.cells[i])) : text(row.cells[i])]));
      const order = (a, b) => {
        const x = keys.get(a), y = keys.get(b);
        if (x !== x || y !== y) return (x !== x) - (y !== y);
        const less = numeric ? (x > y) - (x < y) : alphabetic(x, y);
        return down ? -less : less;
      };
      all.sort(order);
      rows = rows.length === all.length ? all : [...rows].sort(order);
      show();
    };
  });
  if (all.length > 12) {
    const tools = make('div', {className: 'tools'});
    const filter = make('input', {type: 'search', placeholder: 'Filter rows', ariaLabel: 'Filter rows'});
    let wait = 0;
    filter.oninput = () => {
      clearTimeout(wait);
      wait = setTimeout(() => {
        words ??= new Map(all.map(row => [row, [...row.cells].map(text).join(' ').toLowerCase()]));
        const asked = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        rows = asked.length ? all.filter(row => asked.every(word => words.get(row).includes(word))) : all;
        shown = PAGE;
        show();
      }, 120);
    };
    tools.append(filter, count, rest);
    table.parentElement.before(tools);
    show();
  }
}
addEventListener('beforeprint', () => { for (const part of document.querySelectorAll('details')) part.open = true; });
