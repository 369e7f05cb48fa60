using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// CPUID, RDTSC, RDTSCP, RDPMC, HLT, XGETBV, XSETBV (Intel SDM vol. 2). Whether the model has the instruction at all is the decoder's question. All
/// return false when an exception was raised and nothing changed.
/// </summary>
internal static class Identification
{
    private const ulong ApicEnable = 1 << 11;
    private const uint Counters = 6;
    private const ulong Xcr0Bits = 3; // x87 and SSE

    /// <summary>CPUID.</summary>
    internal static void Cpuid(InterpreterCore c)
    {
        bool apic = !c.Bus.TryReadMsr(Msr.ApicBase, out ulong apicState) || (apicState & ApicEnable) != 0;
        CpuidDynamics dynamics = new((c.S.Cr4 & Cr4.OSXSAVE) != 0, (uint)c.Index, apic, c.Bus.TimestampHertz);
        CpuidResult result = CpuidLeaves.Query(c.Model, (uint)c.Gpr(0), (uint)c.Gpr(1), dynamics);
        c.Gpr(0) = result.Eax;
        c.Gpr(3) = result.Ebx;
        c.Gpr(1) = result.Ecx;
        c.Gpr(2) = result.Edx;
    }

    /// <summary>RDTSC.</summary>
    internal static bool ReadTimestamp(InterpreterCore c)
    {
        if (c.Cpl != 0 && (c.S.Cr4 & Cr4.TSD) != 0)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        Result(c, c.Bus.ReadTimestamp() + c.S.TscOffset);
        return true;
    }

    /// <summary>RDTSCP.</summary>
    internal static bool ReadTimestampAndAux(InterpreterCore c)
    {
        if (!ReadTimestamp(c))
        {
            return false;
        }

        c.Gpr(1) = (uint)c.S.TscAux;
        return true;
    }

    /// <summary>RDPMC: counters exist and stand still.</summary>
    internal static bool ReadCounter(InterpreterCore c)
    {
        bool allowed = c.Cpl == 0 || (c.S.Cr4 & Cr4.PCE) != 0;
        if (!allowed || (uint)c.Gpr(1) >= Counters)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        Result(c, 0);
        return true;
    }

    /// <summary>HLT: no instruction runs until an interrupt.</summary>
    internal static bool Halt(InterpreterCore c)
    {
        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        c.S.Activity = VcpuActivity.Halted;
        c.Attend(Attention.Inactive);
        c.LeaveBlock();
        return true;
    }

    /// <summary>XGETBV.</summary>
    internal static bool ReadExtendedControl(InterpreterCore c)
    {
        if ((c.S.Cr4 & Cr4.OSXSAVE) == 0)
        {
            return Privilege.Fault(c, Vector.UD);
        }

        if ((uint)c.Gpr(1) != 0)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        Result(c, c.S.Xcr0);
        return true;
    }

    /// <summary>XSETBV.</summary>
    internal static bool WriteExtendedControl(InterpreterCore c)
    {
        if ((c.S.Cr4 & Cr4.OSXSAVE) == 0)
        {
            return Privilege.Fault(c, Vector.UD);
        }

        ulong value = (uint)c.Gpr(0) | (c.Gpr(2) << 32);
        if (c.Cpl != 0 || (uint)c.Gpr(1) != 0 || (value & 1) == 0 || (value & ~Xcr0Bits) != 0)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        c.S.Xcr0 = value;
        c.LeaveBlock();
        return true;
    }

    private static void Result(InterpreterCore c, ulong value)
    {
        c.Gpr(0) = (uint)value;
        c.Gpr(2) = value >> 32;
    }
}
