using System.Collections.Generic;
using System.Threading;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Host;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// Emitted stubs of this process, made at first use and shared by all vCPUs. A stub depends on instruction form, immediate and its parts only, so
/// their number is bounded by the instruction set: some 15,000 of at most 112 bytes when every form has been seen with every immediate.
/// </summary>
internal static unsafe class HostStubs
{
    private const int CapacityBytes = 4 << 20;
    private const ulong AddressBits = (1UL << 48) - 1;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<ulong, nint> Known = [];
    private static ExecutableMemory? _memory;

    /// <summary>Address of the stub of an instruction. Any thread.</summary>
    /// <exception cref="HostException">The host allows no executable memory.</exception>
    internal static ulong Get(in Instruction instruction, StubParts parts)
    {
        ulong key = (ulong)instruction.Code | ((ulong)parts << 32);
        for (int i = 0; i < instruction.OpCount; i++)
        {
            switch (instruction.GetOpKind(i))
            {
                case OpKind.Immediate8:
                    key |= (ulong)instruction.Immediate8 << 16;
                    break;
                case OpKind.Register when (parts & StubParts.X87) != 0:
                    key |= (ulong)(instruction.GetOpRegister(i) - Register.ST0) << (24 + (i * 4));
                    break;
            }
        }

        lock (Gate)
        {
            if (!Known.TryGetValue(key, out nint at))
            {
                _memory ??= new ExecutableMemory(CapacityBytes);
                at = _memory.Append(StubWriter.Write(instruction, parts));
                Known.Add(key, at);
            }

            return (ulong)at;
        }
    }

    /// <summary>Runs the stub named by the low 48 bits of <see cref="Op.Immediate"/>.</summary>
    // SAFETY: the lowering put the address of a stub there; stubs are never freed and reach only the three areas that the caller hands them:
    // a context (1024 bytes and more of an FxArea) and two operand places of 16 bytes (80 with x87 operands read at most 10) inside the same area.
    internal static void Run(ref Op op, byte* context, byte* first, byte* second) =>
        ((delegate* unmanaged<byte*, byte*, byte*, void>)(op.Immediate & AddressBits))(context, first, second);
}
