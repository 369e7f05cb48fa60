using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.Primitives;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>IN and OUT. The port is Immediate, or DX when Reg2 is not zero.</summary>
// SAFETY: only takes addresses of static handlers.
internal static unsafe class PortHandlers
{
    internal static Handler In(int bits) => bits switch
    {
        8 => &In<W8>,
        16 => &In<W16>,
        _ => &In<W32>,
    };

    internal static Handler Out(int bits) => bits switch
    {
        8 => &Out<W8>,
        16 => &Out<W16>,
        _ => &Out<W32>,
    };

    private static ushort Port(InterpreterCore c, ref Op op) => op.Reg2 != 0 ? (ushort)c.Gpr(2) : (ushort)op.Immediate;

    private static void In<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ushort port = Port(c, ref op);
        if (!IoPermission.Check(c, port, W.Bits / 8))
        {
            return;
        }

        RegisterAccess.Write<W>(ref c.Regs, 0, c.Bus.ReadPort(port, (AccessSize)(W.Bits / 8)));
        Watch(c, port, W.Bits / 8);
    }

    private static void Out<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ushort port = Port(c, ref op);
        if (!IoPermission.Check(c, port, W.Bits / 8))
        {
            return;
        }

        c.Bus.WritePort(port, (AccessSize)(W.Bits / 8), RegisterAccess.Read<W>(ref c.Regs, 0));
        Watch(c, port, W.Bits / 8);
    }

    private static void Watch(InterpreterCore c, ushort port, int size)
    {
        if (c.WatchesData)
        {
            DebugTraps.NotePort(c, port, size);
        }
    }
}
