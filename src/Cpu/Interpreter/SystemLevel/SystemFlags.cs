using Doppel.Cpu.Interpreter.Core;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Changes of RFLAGS as a whole.</summary>
internal static class SystemFlags
{
    /// <summary>Replaces the bits in <paramref name="mask"/>. AC changes the view of memory under SMAP; a change of VM must be followed by segment loads.</summary>
    internal static void Write(InterpreterCore c, ulong value, ulong mask)
    {
        c.Rflags = (c.Rflags & ~mask) | (value & mask);
        c.Memory.PrivilegeChanged();
    }
}
