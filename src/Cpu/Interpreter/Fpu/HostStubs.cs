using System;
using System.Collections.Generic;
using System.Threading;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Host;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// Emitted stubs of this process, made at first use and shared by all vCPUs. A stub depends on instruction form, immediate and its parts only, so
/// their number is bounded by the instruction set: some 15,000 of at most 128 bytes when every form has been seen with every immediate.
/// </summary>
internal static unsafe class HostStubs
{
    private const int CapacityBytes = 4 << 20;
    private const int LeanOffset = 64;
    private const ulong AddressBits = (1UL << 48) - 1;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<ulong, nint> Known = [];
    private static readonly Dictionary<nint, ulong> Keys = [];
    private static ExecutableMemory? _memory;

    /// <summary>Address of the stub of an instruction. Any thread.</summary>
    /// <exception cref="HostException">The host allows no executable memory.</exception>
    internal static ulong Get(in Instruction instruction, StubParts parts) => Get(instruction, parts, []);

    /// <summary>As <see cref="Get(in Instruction, StubParts)"/>, with a lean form behind, which <see cref="RunLean"/> runs. It must follow from the instruction.</summary>
    internal static ulong Get(in Instruction instruction, StubParts parts, byte[] lean)
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
                byte[] code = StubWriter.Write(instruction, parts);
                at = _memory.Append(lean.Length == 0 ? code : Join(code, lean));
                Known.Add(key, at);
                Keys.Add(at, key);
            }

            return (ulong)at;
        }
    }

    /// <summary>Which instruction the stub named by the low 48 bits of <see cref="Op.Immediate"/> runs, and its immediate.</summary>
    internal static Code CodeOf(ref Op op, out byte immediate)
    {
        lock (Gate)
        {
            ulong key = Keys[(nint)(op.Immediate & AddressBits)];
            immediate = (byte)(key >> 16);
            return (Code)(key & 0xFFFF);
        }
    }

    /// <summary>Runs the stub named by the low 48 bits of <see cref="Op.Immediate"/>.</summary>
    // SAFETY: the lowering put the address of a stub there; stubs are never freed and reach only the three areas that the caller hands them:
    // a context (1024 bytes and more of an FxArea) and two operand places of 16 bytes (80 with x87 operands read at most 10) inside the same area.
    internal static void Run(ref Op op, byte* context, byte* first, byte* second) =>
        ((delegate* unmanaged<byte*, byte*, byte*, void>)(op.Immediate & AddressBits))(context, first, second);

    /// <summary>Runs the lean form behind the stub.</summary>
    // SAFETY: as for Run; the lowering chose a handler of LeanX87 only when it had given the stub a lean form.
    internal static void RunLean(ref Op op, byte* context, byte* first, byte* second) =>
        ((delegate* unmanaged<byte*, byte*, byte*, void>)((op.Immediate & AddressBits) + LeanOffset))(context, first, second);

    private static byte[] Join(byte[] code, byte[] lean)
    {
        byte[] both = new byte[LeanOffset + lean.Length];
        Array.Fill(both, (byte)0xCC);
        code.CopyTo(both, 0); // at most 45 bytes
        lean.CopyTo(both, LeanOffset);
        return both;
    }
}
