// The durable peer of the Telegram bench with grammY and better-sqlite3: the same turn as ours over one SQLite file.
// Updates are stored before they are acknowledged; answer and state are one commit; what goes out is a row until it has
// left. Started as "node grammy_peer.cjs" with the variables of ours and NODE_PATH.
const { Bot } = require("grammy");
const Database = require("better-sqlite3");
const path = require("node:path");

const ANSWER = "Anh/chị gửi chứng thư số, hoặc cho biết đơn vị đã thay đổi thế nào.";
const database = new Database(path.join(process.env.TROLY_DATA_DIR, "peer.sqlite3"));
database.pragma("journal_mode = WAL");
database.pragma("synchronous = NORMAL");
database.exec(`
CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, payload TEXT, state TEXT NOT NULL DEFAULT 'waiting');
CREATE TABLE IF NOT EXISTS sessions (chat INTEGER PRIMARY KEY, session TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, chat INTEGER, text TEXT, state TEXT NOT NULL);
`);
const receive = database.prepare("INSERT OR IGNORE INTO inbox (id, payload) VALUES (?, ?)");
const session = database.prepare("SELECT session FROM sessions WHERE chat = ?");
const keep = database.prepare("INSERT OR REPLACE INTO sessions VALUES (?, ?)");
const queue = database.prepare("INSERT INTO outbox (chat, text, state) VALUES (?, ?, 'queued')");
const done = database.prepare("UPDATE inbox SET state = 'done', payload = NULL WHERE id = ?");
const sent = database.prepare("UPDATE outbox SET state = 'sent', text = NULL WHERE id = ?");

const receiveAll = database.transaction((updates) => {
  for (const update of updates) receive.run(update.update_id, JSON.stringify(update));
});
const turn = database.transaction((update, chat) => {
  const found = session.get(chat);
  keep.run(chat, String(found ? Number(found.session) + 1 : 1));
  const row = queue.run(chat, ANSWER).lastInsertRowid;
  done.run(update);
  return row;
});

const bot = new Bot(process.env.TROLY_TELEGRAM_TOKEN, { client: { apiRoot: process.env.TROLY_TELEGRAM_API_URL } });
bot.on("message", async (context) => {
  const row = turn(context.update.update_id, context.chat.id);
  await context.reply(ANSWER);
  sent.run(row);
});

async function main() {
  await bot.init();
  const last = new Map(); // of each chat, so that its updates are handled in order
  for (let offset = 0; ; ) {
    const updates = await bot.api.getUpdates({ offset, timeout: 10 });
    database.pragma("synchronous = FULL"); // as ours: what is acknowledged is on the disk
    receiveAll(updates);
    database.pragma("synchronous = NORMAL");
    for (const update of updates) {
      offset = update.update_id + 1;
      const chat = update.message?.chat.id;
      last.set(chat, (last.get(chat) ?? Promise.resolve()).then(() => bot.handleUpdate(update)));
    }
  }
}
main();
