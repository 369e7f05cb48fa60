using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>RDMSR and WRMSR (Intel SDM vol. 2). Registers the board owns are asked there; a register that nobody knows is #GP(0).</summary>
internal static class MsrInstructions
{
    /// <summary>RDMSR: ECX names the register, EDX:EAX receive it. False: #GP(0) was raised.</summary>
    internal static bool Read(InterpreterCore c)
    {
        uint number = (uint)c.Gpr(1);
        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        if (!ModelSpecificRegisters.TryRead(c, number, out ulong value) && !VendorRegisters.TryRead(c, number, out value) && !c.Bus.TryReadMsr(number, out value))
        {
            return Privilege.Fault(c, Vector.GP);
        }

        c.Gpr(0) = (uint)value;
        c.Gpr(2) = value >> 32;
        return true;
    }

    /// <summary>WRMSR: ECX names the register, EDX:EAX hold the value. False: #GP(0) was raised and nothing changed.</summary>
    internal static bool Write(InterpreterCore c)
    {
        uint number = (uint)c.Gpr(1);
        ulong value = (uint)c.Gpr(0) | (c.Gpr(2) << 32);
        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        MsrOutcome outcome = ModelSpecificRegisters.Write(c, number, value);
        if (outcome == MsrOutcome.Unknown)
        {
            bool taken = VendorRegisters.TryWrite(c, number) || c.Bus.TryWriteMsr(number, value);
            outcome = taken ? MsrOutcome.Done : MsrOutcome.Refused;
        }

        if (outcome == MsrOutcome.Refused)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        c.LeaveBlock();
        return true;
    }
}
