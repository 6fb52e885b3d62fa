// Ends with 0 when the cloud on this machine answers: what a container is judged by.
const answer = await fetch('http://127.0.0.1:8765/health');
process.exitCode = answer.ok ? 0 : 1;
