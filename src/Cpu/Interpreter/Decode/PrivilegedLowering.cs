using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Integer;
using Iced.Intel;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>Control registers, descriptor tables, model-specific registers, identification. They end their block but for those that only read.</summary>
// SAFETY: only stores addresses of static handlers.
internal static unsafe class PrivilegedLowering
{
    internal static Handler Select(in Lowering lowering, in Instruction i, ref Op op, out bool ends)
    {
        ends = false;
        Handler reading = Reading(lowering, i, ref op);
        if (reading != null)
        {
            return reading;
        }

        ends = true;
        return i.Mnemonic switch
        {
            Mnemonic.Mov => MoveTo(i, ref op),
            Mnemonic.Lgdt => Table(lowering, i, ref op, &TableHandlers.LoadGdt),
            Mnemonic.Lidt => Table(lowering, i, ref op, &TableHandlers.LoadIdt),
            Mnemonic.Lldt => Selector(i, ref op, 0, &TableHandlers.LoadLdt),
            Mnemonic.Ltr => Selector(i, ref op, 0, &TableHandlers.LoadTask),
            Mnemonic.Lmsw => i.Op0Kind == OpKind.Memory ? &SystemHandlers.LoadMachineStatusMemory : General(i, ref op, &SystemHandlers.LoadMachineStatusRegister),
            Mnemonic.Clts => &SystemHandlers.ClearTaskSwitched,
            Mnemonic.Invlpg => &SystemHandlers.InvalidatePage,
            Mnemonic.Rsm => &SystemHandlers.ResumeFromManagement,
            Mnemonic.Invd or Mnemonic.Wbinvd => &SystemHandlers.InvalidateCaches,
            Mnemonic.Wrmsr => &SystemHandlers.WriteMsr,
            Mnemonic.Xsetbv => &SystemHandlers.WriteExtendedControl,
            Mnemonic.Sysenter => &SystemHandlers.SysEnter,
            Mnemonic.Syscall => &SystemHandlers.SysCall,
            Mnemonic.Sysexit => Sized(ref op, 4, &SystemHandlers.SysExit),
            Mnemonic.Sysexitq => Sized(ref op, 8, &SystemHandlers.SysExit),
            Mnemonic.Sysret => Sized(ref op, 4, &SystemHandlers.SysRet),
            Mnemonic.Sysretq => Sized(ref op, 8, &SystemHandlers.SysRet),
            Mnemonic.Swapgs => &SystemHandlers.SwapGs,
            Mnemonic.Stac => &SystemHandlers.SetAccessControl,
            Mnemonic.Clac => &SystemHandlers.ClearAccessControl,
            Mnemonic.Wrfsbase => Base(i, ref op, Seg.FS, &SystemHandlers.WriteSegmentBase),
            Mnemonic.Wrgsbase => Base(i, ref op, Seg.GS, &SystemHandlers.WriteSegmentBase),
            _ => null,
        };
    }

    private static Handler Reading(in Lowering lowering, in Instruction i, ref Op op)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsCR():
                op.Immediate = (ulong)(i.Op1Register - Register.CR0);
                return General(i, ref op, &SystemHandlers.ReadControl);
            case Mnemonic.Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsDR():
                op.Immediate = (ulong)(i.Op1Register - Register.DR0);
                return General(i, ref op, &SystemHandlers.ReadDebug);
            case Mnemonic.Sgdt:
                return &TableHandlers.StoreGdt;
            case Mnemonic.Sidt:
                return &TableHandlers.StoreIdt;
            case Mnemonic.Sldt or Mnemonic.Str:
                bool memory = i.Op0Kind == OpKind.Memory;
                _ = memory ? null : General(i, ref op, null);
                return TableHandlers.Store(i.Mnemonic == Mnemonic.Str, memory);
            case Mnemonic.Smsw:
                return i.Op0Kind == OpKind.Memory ? &SystemHandlers.StoreMachineStatusMemory : General(i, ref op, &SystemHandlers.StoreMachineStatusRegister);
            case Mnemonic.Lar:
                return Query(i, ref op, &TableHandlers.AccessRights);
            case Mnemonic.Lsl:
                return Query(i, ref op, &TableHandlers.SegmentLimit);
            case Mnemonic.Verr:
                return Selector(i, ref op, 0, &TableHandlers.VerifyRead);
            case Mnemonic.Verw:
                return Selector(i, ref op, 0, &TableHandlers.VerifyWrite);
            case Mnemonic.Arpl:
                op.Reg2 = RegisterMap.Offset(i.Op1Register);
                op.Reg = i.Op0Kind == OpKind.Memory ? (byte)0 : RegisterMap.Offset(i.Op0Register);
                return i.Op0Kind == OpKind.Memory ? &TableHandlers.AdjustRplMemory : &TableHandlers.AdjustRplRegister;
            case Mnemonic.Rdmsr:
                return &SystemHandlers.ReadMsr;
            case Mnemonic.Cpuid:
                return &SystemHandlers.Cpuid;
            case Mnemonic.Rdtsc:
                return &SystemHandlers.ReadTimestamp;
            case Mnemonic.Rdtscp:
                return &SystemHandlers.ReadTimestampAndAux;
            case Mnemonic.Rdrand or Mnemonic.Rdseed:
                return General(i, ref op, &SystemHandlers.DrawRandom);
            case Mnemonic.Rdpmc:
                return &SystemHandlers.ReadCounter;
            case Mnemonic.Xgetbv:
                return &SystemHandlers.ReadExtendedControl;
            case Mnemonic.Rdfsbase:
                return Base(i, ref op, Seg.FS, &SystemHandlers.ReadSegmentBase);
            case Mnemonic.Rdgsbase:
                return Base(i, ref op, Seg.GS, &SystemHandlers.ReadSegmentBase);
            default:
                return null;
        }
    }

    private static Handler MoveTo(in Instruction i, ref Op op)
    {
        if (i.Op1Kind != OpKind.Register || i.Op0Kind != OpKind.Register)
        {
            return null;
        }

        op.Reg = RegisterMap.Offset(i.Op1Register);
        op.Reg2 = (byte)i.Op1Register.GetSize();
        if (i.Op0Register.IsCR())
        {
            op.Immediate = (ulong)(i.Op0Register - Register.CR0);
            return &SystemHandlers.WriteControl;
        }

        if (i.Op0Register.IsDR())
        {
            op.Immediate = (ulong)(i.Op0Register - Register.DR0);
            return &SystemHandlers.WriteDebug;
        }

        return null; // test registers went with the 486
    }

    private static Handler General(in Instruction i, ref Op op, Handler handler)
    {
        op.Reg = RegisterMap.Offset(i.Op0Register);
        op.Reg2 = (byte)i.Op0Register.GetSize();
        return handler;
    }

    private static Handler Base(in Instruction i, ref Op op, int segment, Handler handler)
    {
        op.Immediate = (ulong)segment;
        return General(i, ref op, handler);
    }

    private static Handler Sized(ref Op op, byte size, Handler handler)
    {
        op.Reg2 = size;
        return handler;
    }

    // The pseudo-descriptor of 16-bit operand size has a 24-bit base.
    private static Handler Table(in Lowering lowering, in Instruction i, ref Op op, Handler handler)
    {
        op.Reg2 = (byte)(lowering.CodeBits == 64 ? 8 : i.Code is Code.Lgdt_m1632_16 or Code.Lidt_m1632_16 ? 2 : 4);
        return handler;
    }

    private static Handler Selector(in Instruction i, ref Op op, int operand, Handler handler)
    {
        bool memory = i.GetOpKind(operand) == OpKind.Memory;
        op.Immediate = memory ? 1UL : 0;
        op.Reg2 = memory ? (byte)0 : RegisterMap.Offset(i.GetOpRegister(operand));
        return handler;
    }

    private static Handler Query(in Instruction i, ref Op op, Handler handler)
    {
        _ = Selector(i, ref op, 1, handler);
        op.Reg = RegisterMap.Offset(i.Op0Register);
        op.Immediate |= (ulong)i.Op0Register.GetSize() << 32;
        return handler;
    }
}
