using System;

namespace Doppel.Machine.Replay;

/// <summary>
/// Bytes that come in at a count of instructions: at the first of the instants <paramref name="Instruction"/>, and every 100,000 instructions behind
/// it, at which the guest listens and has room, or earlier if the processor halts after <paramref name="Instruction"/>.
/// </summary>
/// <param name="Instruction">Retired instructions before which nothing is given.</param>
/// <param name="Port">Serial port, 0 or 1.</param>
/// <param name="Bytes">What is given, in this order; what does not fit waits.</param>
public readonly record struct ScriptedInput(ulong Instruction, int Port, ReadOnlyMemory<byte> Bytes);
