/** The report page's only script: the filter. Without it the page shows everything. */

export const SCRIPT = `
(() => {
  const box = document.getElementById('filter');
  const input = document.getElementById('filter-text');
  const count = document.getElementById('filter-count');
  const items = [...document.querySelectorAll('[data-item]')].map((node) => [node, node.textContent.toLowerCase()]);
  const groups = [...document.querySelectorAll('[data-group]')];
  const apply = () => {
    const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const [node, text] of items) {
      const group = node.closest('[data-text]');
      const whole = group ? text + ' ' + group.dataset.text.toLowerCase() : text;
      node.hidden = !words.every((word) => whole.includes(word));
      if (!node.hidden) shown++;
    }
    for (const group of groups) group.hidden = words.length > 0 && !group.querySelector('[data-item]:not([hidden])');
    count.textContent = words.length === 0 ? '' : shown + ' of ' + items.length + ' entries';
  };
  box.hidden = false;
  input.addEventListener('input', apply);
})();
`.trim();
