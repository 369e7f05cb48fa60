using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>
/// Handlers of privileged instructions: operands in, the functions of <c>SystemLevel</c>, results out. Register numbers of control and debug
/// registers and segment numbers stand in Immediate; Reg is the general register, Reg2 its size in bytes.
/// </summary>
internal static class SystemHandlers
{
    // Where there is another processor to be waited for.
    internal static void Pause(InterpreterCore c, ref Op op) => c.Bus.Pause();

    internal static void ReadControl(InterpreterCore c, ref Op op)
    {
        if (ControlRegisterMoves.Read(c, (int)op.Immediate, out ulong value))
        {
            TableHandlers.WriteRegister(c, ref op, value);
        }
    }

    internal static void WriteControl(InterpreterCore c, ref Op op)
    {
        ulong value = RegisterAccess.Read<W64>(ref c.Regs, op.Reg);
        if (ControlRegisterMoves.Write(c, (int)op.Immediate, op.Reg2 == 8 ? value : (uint)value))
        {
            SegmentHandlers.Finish(c);
        }
    }

    internal static void ReadDebug(InterpreterCore c, ref Op op)
    {
        if (DebugRegisterMoves.Read(c, (int)op.Immediate, out ulong value))
        {
            TableHandlers.WriteRegister(c, ref op, value);
        }
    }

    internal static void WriteDebug(InterpreterCore c, ref Op op)
    {
        ulong value = RegisterAccess.Read<W64>(ref c.Regs, op.Reg);
        if (!DebugRegisterMoves.Write(c, (int)op.Immediate, op.Reg2 == 8 ? value : (uint)value))
        {
            return;
        }

        DebugTraps.WatchDataAsTold(c);
        SegmentHandlers.Finish(c);
    }

    internal static void LoadMachineStatusRegister(InterpreterCore c, ref Op op) =>
        LoadMachineStatus(c, (ushort)RegisterAccess.Read<W16>(ref c.Regs, op.Reg));

    internal static void LoadMachineStatusMemory(InterpreterCore c, ref Op op)
    {
        if (!Privilege.TrySupervisor(c))
        {
            return;
        }

        if (Operand.TryAddress(c, ref op, 2, write: false, out ulong linear) && c.Memory.TryRead<W16>(linear, out ulong value))
        {
            LoadMachineStatus(c, (ushort)value);
        }
    }

    internal static void StoreMachineStatusRegister(InterpreterCore c, ref Op op)
    {
        if (ControlRegisterMoves.StoreMachineStatus(c, out ulong value))
        {
            TableHandlers.WriteRegister(c, ref op, value);
        }
    }

    internal static void StoreMachineStatusMemory(InterpreterCore c, ref Op op)
    {
        if (ControlRegisterMoves.StoreMachineStatus(c, out ulong value) && Operand.TryAddress(c, ref op, 2, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W16>(linear, value & 0xFFFF);
        }
    }

    internal static void ClearTaskSwitched(InterpreterCore c, ref Op op) => _ = ControlRegisterMoves.ClearTaskSwitched(c);

    internal static void InvalidatePage(InterpreterCore c, ref Op op)
    {
        // No limit check: the address is only named (Intel SDM vol. 2, INVLPG).
        ulong linear = Operand.Offset(c, ref op) + (op.IsFlat ? 0 : c.Reach[op.Segment].Base);
        if (ControlRegisterMoves.InvalidatePage(c, c.Is64Bit ? linear : (uint)linear))
        {
            c.LeaveBlock();
        }
    }

    /// <summary>INVD, WBINVD: there is no cache to write back.</summary>
    internal static void InvalidateCaches(InterpreterCore c, ref Op op) => _ = Privilege.TrySupervisor(c);

    internal static void ResumeFromManagement(InterpreterCore c, ref Op op) => _ = SystemManagement.Resume(c);

    internal static void ReadMsr(InterpreterCore c, ref Op op) => _ = MsrInstructions.Read(c);

    internal static void WriteMsr(InterpreterCore c, ref Op op)
    {
        if (MsrInstructions.Write(c))
        {
            SegmentHandlers.Finish(c);
        }
    }

    internal static void Cpuid(InterpreterCore c, ref Op op) => Identification.Cpuid(c);

    internal static void ReadTimestamp(InterpreterCore c, ref Op op) => _ = Identification.ReadTimestamp(c);

    internal static void ReadTimestampAndAux(InterpreterCore c, ref Op op) => _ = Identification.ReadTimestampAndAux(c);

    /// <summary>RDRAND, RDSEED: there is always a number, so CF is set; the other arithmetic flags are cleared (Intel SDM vol. 2).</summary>
    internal static void DrawRandom(InterpreterCore c, ref Op op)
    {
        TableHandlers.WriteRegister(c, ref op, c.Bus.DrawRandom());
        c.Flags.Unpack((ulong)RFlags.CF);
    }

    internal static void ReadCounter(InterpreterCore c, ref Op op) => _ = Identification.ReadCounter(c);

    internal static void ReadExtendedControl(InterpreterCore c, ref Op op) => _ = Identification.ReadExtendedControl(c);

    internal static void WriteExtendedControl(InterpreterCore c, ref Op op)
    {
        if (Identification.WriteExtendedControl(c))
        {
            SegmentHandlers.Finish(c);
        }
    }

    internal static void SysEnter(InterpreterCore c, ref Op op) => Transferred(c, FastCalls.SysEnter(c));

    internal static void SysExit(InterpreterCore c, ref Op op) => Transferred(c, FastCalls.SysExit(c, op.Reg2 == 8));

    internal static void SysCall(InterpreterCore c, ref Op op) => Transferred(c, FastCalls.SysCall(c, op.NextIp));

    internal static void SysRet(InterpreterCore c, ref Op op) => Transferred(c, FastCalls.SysRet(c, op.Reg2 == 8));

    internal static void SwapGs(InterpreterCore c, ref Op op) => _ = SegmentBases.SwapGs(c);

    internal static void ReadSegmentBase(InterpreterCore c, ref Op op)
    {
        if (SegmentBases.Read(c, (int)op.Immediate, out ulong value))
        {
            TableHandlers.WriteRegister(c, ref op, value);
        }
    }

    internal static void WriteSegmentBase(InterpreterCore c, ref Op op)
    {
        ulong value = RegisterAccess.Read<W64>(ref c.Regs, op.Reg);
        _ = SegmentBases.Write(c, (int)op.Immediate, op.Reg2 == 8 ? value : (uint)value);
    }

    internal static void SetAccessControl(InterpreterCore c, ref Op op) => AccessControl(c, c.SystemFlags | (ulong)RFlags.AC);

    internal static void ClearAccessControl(InterpreterCore c, ref Op op) => AccessControl(c, c.SystemFlags & ~(ulong)RFlags.AC);

    // STAC and CLAC are #UD outside ring 0 (Intel SDM vol. 2).
    private static void AccessControl(InterpreterCore c, ulong flags)
    {
        if (c.Cpl != 0)
        {
            c.Raise(Vector.UD);
            return;
        }

        c.SystemFlags = flags;
        c.Memory.PrivilegeChanged();
    }

    private static void LoadMachineStatus(InterpreterCore c, ushort value)
    {
        if (ControlRegisterMoves.LoadMachineStatus(c, value))
        {
            SegmentHandlers.Finish(c);
        }
    }

    private static void Transferred(InterpreterCore c, bool done)
    {
        if (done)
        {
            SegmentHandlers.Finish(c);
        }
    }
}
