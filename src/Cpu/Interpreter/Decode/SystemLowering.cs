using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Integer;
using Iced.Intel;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>Segment loads, far transfers, interrupts, flags, ports and privileged instructions.</summary>
// SAFETY: only stores addresses of static handlers.
internal static unsafe class SystemLowering
{
    internal static bool TryLower(in Lowering lowering, in Instruction i, ref Op op, out bool ends)
    {
        ends = false;
        op.Handler = Ports(i, ref op);
        if (op.Handler != null)
        {
            return true;
        }

        op.Handler = Segments(i, ref op);
        if (op.Handler != null)
        {
            return true; // a load that changes the mode leaves the block by itself
        }

        op.Handler = Transfers(lowering, i, ref op);
        if (op.Handler != null)
        {
            ends = i.Mnemonic is not (Mnemonic.Pushf or Mnemonic.Pushfd or Mnemonic.Pushfq or Mnemonic.Cli or Mnemonic.Popf or Mnemonic.Popfd or Mnemonic.Popfq);
            return true;
        }

        op.Handler = PrivilegedLowering.Select(lowering, i, ref op, out ends);
        return op.Handler != null;
    }

    private static Handler Ports(in Instruction i, ref Op op)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.In:
                op.Reg2 = (byte)(i.Op1Kind == OpKind.Register ? 1 : 0);
                op.Immediate = i.Op1Kind == OpKind.Register ? 0UL : i.Immediate8;
                return PortHandlers.In(i.Op0Register.GetSize() * 8);
            case Mnemonic.Out:
                op.Reg2 = (byte)(i.Op0Kind == OpKind.Register ? 1 : 0);
                op.Immediate = i.Op0Kind == OpKind.Register ? 0UL : i.Immediate8;
                return PortHandlers.Out(i.Op1Register.GetSize() * 8);
            default:
                return null;
        }
    }

    private static Handler Segments(in Instruction i, ref Op op)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsSegmentRegister():
                op.Immediate = RegisterMap.Segment(i.Op1Register);
                bool toMemory = i.Op0Kind == OpKind.Memory;
                op.Reg = toMemory ? (byte)0 : RegisterMap.Offset(i.Op0Register);
                return SegmentHandlers.MoveFrom(toMemory, toMemory ? 16 : i.Op0Register.GetSize() * 8);
            case Mnemonic.Mov when i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister():
                op.Immediate = RegisterMap.Segment(i.Op0Register);
                bool fromMemory = i.Op1Kind == OpKind.Memory;
                op.Reg = fromMemory ? (byte)0 : RegisterMap.Offset(i.Op1Register);
                return SegmentHandlers.MoveTo(fromMemory);
            case Mnemonic.Pop:
                op.Immediate = RegisterMap.Segment(i.Op0Register);
                return SegmentHandlers.Pop(System.Math.Abs(i.StackPointerIncrement) * 8);
            case Mnemonic.Lds or Mnemonic.Les or Mnemonic.Lss or Mnemonic.Lfs or Mnemonic.Lgs:
                op.Immediate = i.Mnemonic switch
                {
                    Mnemonic.Les => (ulong)Seg.ES,
                    Mnemonic.Lss => Seg.SS,
                    Mnemonic.Lds => Seg.DS,
                    Mnemonic.Lfs => Seg.FS,
                    _ => Seg.GS,
                };
                op.Reg = RegisterMap.Offset(i.Op0Register);
                return SegmentHandlers.LoadPointer(i.Op0Register.GetSize() * 8);
            default:
                return null;
        }
    }

    private static Handler Transfers(in Lowering lowering, in Instruction i, ref Op op)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Jmp or Mnemonic.Call:
                return Far(i, ref op);
            case Mnemonic.Retf:
                op.Reg = i.Code switch { Code.Retfw or Code.Retfw_imm16 => 2, Code.Retfd or Code.Retfd_imm16 => 4, _ => 8 };
                op.Immediate = i.OpCount == 1 ? i.Immediate16 : 0UL;
                return &TransferHandlers.FarReturn;
            case Mnemonic.Iret:
                op.Reg = 2;
                return &TransferHandlers.Iret;
            case Mnemonic.Iretd:
                op.Reg = 4;
                return &TransferHandlers.Iret;
            case Mnemonic.Iretq:
                op.Reg = 8;
                return &TransferHandlers.Iret;
            case Mnemonic.Int:
                op.Immediate = i.Immediate8;
                return &TransferHandlers.Int;
            case Mnemonic.Int3:
                return &TransferHandlers.Int3;
            case Mnemonic.Int1:
                return &TransferHandlers.Int1;
            case Mnemonic.Into:
                return &TransferHandlers.Into;
            case Mnemonic.Hlt:
                return &TransferHandlers.Hlt;
            case Mnemonic.Cli:
                return &TransferHandlers.Cli;
            case Mnemonic.Sti:
                return &TransferHandlers.Sti;
            case Mnemonic.Pushf or Mnemonic.Popf:
                op.Reg = 2;
                return Flags(lowering, i.Mnemonic == Mnemonic.Pushf);
            case Mnemonic.Pushfd or Mnemonic.Popfd:
                op.Reg = 4;
                return Flags(lowering, i.Mnemonic == Mnemonic.Pushfd);
            case Mnemonic.Pushfq or Mnemonic.Popfq:
                op.Reg = 8;
                return Flags(lowering, i.Mnemonic == Mnemonic.Pushfq);
            default:
                return null;
        }
    }

    private static Handler Flags(in Lowering lowering, bool push) =>
        lowering.CodeBits == 64 ? push ? &TransferHandlers.PushFlags<Stack64> : &TransferHandlers.PopFlags<Stack64>
        : lowering.IsFlat && (lowering.Mode & CpuMode.Stack32) != 0 ? push ? &TransferHandlers.PushFlags<FlatStack32> : &TransferHandlers.PopFlags<FlatStack32>
        : push ? &TransferHandlers.PushFlags<SegmentedStack> : &TransferHandlers.PopFlags<SegmentedStack>;

    private static Handler Far(in Instruction i, ref Op op)
    {
        bool call = i.Mnemonic == Mnemonic.Call;
        if (i.Op0Kind is OpKind.FarBranch16 or OpKind.FarBranch32)
        {
            op.Immediate = i.FarBranchSelector;
            op.Displacement = i.Op0Kind == OpKind.FarBranch16 ? i.FarBranch16 : i.FarBranch32;
            op.Reg = (byte)(i.Op0Kind == OpKind.FarBranch16 ? 2 : 4);
            return call ? &TransferHandlers.FarCall : &TransferHandlers.FarJump;
        }

        return i.Code switch
        {
            Code.Jmp_m1616 or Code.Call_m1616 => TransferHandlers.FarMemory(call, 16),
            Code.Jmp_m1632 or Code.Call_m1632 => TransferHandlers.FarMemory(call, 32),
            Code.Jmp_m1664 or Code.Call_m1664 => TransferHandlers.FarMemory(call, 64),
            _ => null,
        };
    }
}
