// Serves noVNC and novnc.html to a headless browser, and ends with its verdict: node novnc.mjs NOVNC-FOLDER VNC-PORT BROWSER PASSWORD
import { createServer } from 'node:http';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [novnc, vncPort, browser, password] = process.argv.slice(2);
const here = path.dirname(new URL(import.meta.url).pathname);
const types = { '.html': 'text/html', '.js': 'text/javascript' };
const profile = await mkdtemp(path.join(tmpdir(), 'doppel-novnc-'));
let child;

async function end(verdict) {
    if (verdict !== 'passed') console.log(`  ${verdict}`);
    child?.kill('SIGKILL');
    await new Promise(done => setTimeout(done, 300));
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exit(verdict === 'passed' ? 0 : 1);
}

const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
        let text = '';
        for await (const piece of request) text += piece;
        response.end();
        await end(text);
        return;
    }
    const name = path.normalize(new URL(request.url, 'http://x').pathname);
    const file = name.startsWith('/novnc/') ? path.join(novnc, name.slice('/novnc/'.length)) : path.join(here, 'novnc.html');
    try {
        const body = await readFile(file);
        response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream' });
        response.end(body);
    } catch {
        response.writeHead(404);
        response.end();
    }
});
server.listen(0, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${server.address().port}/?port=${vncPort}&password=${encodeURIComponent(password)}`;
    child = spawn(browser, ['--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, '--remote-debugging-port=0', url], { stdio: 'ignore' });
    child.on('error', error => end(`failed: ${error.message}`));
});
setTimeout(() => end('failed: no verdict after 120 s'), 120_000);
