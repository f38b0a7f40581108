// nats_js.cjs URL TASKS: asks for each of the tasks, one after the other, and prints the answers as one JSON array.
const { connect, JSONCodec } = require(process.env.NATS_ROOT + '/node_modules/nats');

async function run(url, tasks) {
  const connection = await connect({ servers: url });
  const codec = JSONCodec();
  const answers = [];
  for (const task of tasks) {
    const answer = await connection.request('agent.emend.task', codec.encode(task), { timeout: 120000 });
    answers.push(codec.decode(answer.data));
  }
  process.stdout.write(JSON.stringify(answers));
  await connection.drain();
}

run(process.argv[2], JSON.parse(process.argv[3])).catch((error) => {
  process.stderr.write(String(error && error.stack) + '\n');
  process.exit(1);
});
