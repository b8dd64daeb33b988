// Returns what is hard to read on the page: [ratio, what, its colour, its ground], least first.
() => {
  const TEXT = 4.5, MARK = 3;
  const paper = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    paper.clearRect(0, 0, 1, 1);
    paper.fillStyle = colour;
    paper.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paper.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) =>
    [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const faded = ([r, g, b, a], by) => [r, g, b, a * by];
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const upwards = (element) => {
    const found = [];
    for (let at = element; at; at = at.parentElement) found.push(at);
    return found;
  };
  const ground = (element) =>
    upwards(element).reverse().reduce(
      (below, at) => over(rgba(getComputedStyle(at).backgroundColor), below),
      [255, 255, 255, 1],
    );
  const opacity = (element) =>
    upwards(element).reduce((all, at) => all * Number(getComputedStyle(at).opacity), 1);
  const isSeen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1
      && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const isIdle = (element) => element.closest("[disabled], [aria-disabled=true]");
  const poor = [];
  const check = (least, element, colours, below, what) => {
    const best = Math.max(
      ...colours.map((colour) => contrast(over(faded(colour, opacity(element)), below), below)),
    );
    if (best < least) poor.push([Math.round(best * 100) / 100, what, String(colours), String(below)]);
  };
  const counted = { texts: 0, marks: 0 };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const said = walker.currentNode.nodeValue.trim();
    const element = walker.currentNode.parentElement;
    if (!said || /^(SCRIPT|STYLE|NOSCRIPT)$/.test(element.tagName)) continue;
    if (!isSeen(element) || isIdle(element)) continue;
    const style = getComputedStyle(element);
    const onBar = element.closest(".bartext-inside, .bartext")?.parentElement.querySelector("path");
    const below = onBar ? over(rgba(getComputedStyle(onBar).fill), ground(element)) : ground(element);
    const isInBar = onBar && element.closest("text").getAttribute("class").includes("inside");
    const colour = element.closest("svg") ? style.fill : style.color;
    const isIcon = element.closest("[data-testid=stIconMaterial]");
    counted.texts += 1;
    check(isIcon ? MARK : TEXT, element, [rgba(colour)],
      onBar && !isInBar ? ground(element) : below, said.slice(0, 60));
  }
  const marks = ".js-plotly-plot .points path, .aura-track i";
  for (const mark of document.querySelectorAll(marks)) {
    if (!isSeen(mark)) continue;
    const style = getComputedStyle(mark);
    const colours = mark.closest("svg")
      ? [faded(rgba(style.fill), Number(style.fillOpacity)), rgba(style.stroke)]
      : [rgba(style.backgroundColor)];
    counted.marks += 1;
    check(MARK, mark, colours, ground(mark.parentElement), mark.outerHTML.slice(0, 60));
  }
  return { ...counted, poor: poor.sort((one, other) => one[0] - other[0]) };
}
