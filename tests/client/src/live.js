// A live channel: it comes back by itself, and asks for what it missed meanwhile.

import { BRIDGE } from './bridge.js';

const PING_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const NOT_ALLOWED = [4401, 4403];

/**
 * Follow a channel until the function that is returned is called.
 *
 * @param {'live' | 'alerts'} channel
 * @param {object} told
 * @param {(message: object) => void} told.onEvent given each event once, oldest first
 * @param {(message: object) => void} told.onGap given INITIAL_STATE where events may be missing:
 *   at the first connection, and where the bridge no longer has all that came meanwhile
 * @param {(state: 'live' | 'away' | 'refused') => void} told.onState 'away' tries again by itself
 */
export function follow(channel, { onEvent, onGap, onState }) {
  const address = `${BRIDGE.replace(/^http/, 'ws')}/api/v2/clustering/ws/${channel}`;
  let ws;
  let last = null; // number of the last event that is known
  let epoch; // which log this number is of
  let wait = FIRST_WAIT_MS;
  let timer;
  let ping;
  let isAnswered;

  function open() {
    ws = new WebSocket(last === null ? address : `${address}?since=${last}&epoch=${epoch}`);
    ws.onmessage = ({ data }) => {
      isAnswered = true;
      hear(JSON.parse(data));
    };
    ws.onclose = ({ code }) => {
      clearInterval(ping);
      if (NOT_ALLOWED.includes(code)) {
        onState('refused');
        return;
      }
      onState('away');
      // Not all pages at the same time where a bridge has come back.
      timer = setTimeout(open, wait * (0.5 + Math.random() / 2));
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    };
  }

  function hear(message) {
    if (message.type === 'INITIAL_STATE') {
      begin(message);
    } else if (message.seq > last) {
      last = message.seq;
      onEvent(message);
    }
  }

  function begin(message) {
    wait = FIRST_WAIT_MS;
    isAnswered = true;
    epoch = message.epoch;
    ping = setInterval(beat, PING_MS);
    onState('live');
    if (message.recovered !== true) {
      last = message.last_seq;
      onGap(message);
    } // else what was missed follows, event by event
  }

  // A connection that broke without a word is noticed by the answer that does not come.
  function beat() {
    if (isAnswered) {
      isAnswered = false;
      ws.send('ping');
    } else {
      ws.close();
    }
  }

  open();
  return () => {
    clearTimeout(timer);
    clearInterval(ping);
    ws.onmessage = null;
    ws.onclose = null;
    ws.close();
  };
}
