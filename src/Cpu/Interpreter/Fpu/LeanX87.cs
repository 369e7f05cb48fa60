using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// The quick way of common x87 instructions: only the operands go through the host's unit. Taken when all exceptions are masked and tags promise
/// no stack fault; otherwise <see cref="X87Operations"/>, which is also what tests hold this against.
/// </summary>
/// <remarks>
/// <see cref="Op.Reg"/>: the i of ST(i) of register forms, the <see cref="LeanShape"/> of memory forms; <see cref="Op.Reg2"/>: the shape of register
/// forms, the operand size of memory forms.
/// </remarks>
// SAFETY: operands are places of the core's own FxArea; slots are masked to the eight of the image.
internal static unsafe class LeanX87
{
    private const int Condition1 = 0x0200;
    private const int AllConditions = 0x4700;
    private const ulong ArithmeticFlags = (ulong)RFlags.Arithmetic;

    /// <summary>ST0 and ST(i) in, either out.</summary>
    internal static void Compute(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || !InUse(b, 0) || !InUse(b, op.Reg))
        {
            X87Operations.Register(c, ref op);
            return;
        }

        HostStubs.RunLean(ref op, b, FxLayout.St(b, 0), FxLayout.St(b, op.Reg));
        Merge(b, op.Reg2);
        PopMany(b, op.Reg2 & LeanShape.PopMask);
        X87Operations.Finish(c, ref op, b, FxLayout.DataPointer(b));
    }

    /// <summary>FCOMI and fellows.</summary>
    internal static void CompareFlags(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || !InUse(b, 0) || !InUse(b, op.Reg))
        {
            X87Operations.WithFlags(c, ref op);
            return;
        }

        HostStubs.RunLean(ref op, b, FxLayout.St(b, 0), FxLayout.St(b, op.Reg));
        c.Flags.Unpack(*(ulong*)(b + FxLayout.Out + 8) & ArithmeticFlags);
        FxLayout.Status(b) |= (ushort)(*(ushort*)(b + FxLayout.Out) & FxLayout.ExceptionFlags); // processors leave C1 alone here
        PopMany(b, op.Reg2 & LeanShape.PopMask);
        X87Operations.Finish(c, ref op, b, FxLayout.DataPointer(b));
    }

    /// <summary>A constant on the stack.</summary>
    internal static void Constant(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || InUse(b, 7))
        {
            X87Operations.Register(c, ref op);
            return;
        }

        HostStubs.RunLean(ref op, b, b + FxLayout.Spare, b);
        Merge(b, 0);
        Push(b, b + FxLayout.Spare);
        X87Operations.Finish(c, ref op, b, FxLayout.DataPointer(b));
    }

    /// <summary>FLD ST(i).</summary>
    internal static void Duplicate(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || InUse(b, 7) || !InUse(b, op.Reg))
        {
            X87Operations.Register(c, ref op);
            return;
        }

        Vector128<byte> value = Vector128.Load(FxLayout.St(b, op.Reg));
        value.Store(b + FxLayout.Spare);
        Push(b, b + FxLayout.Spare);
        FxLayout.Status(b) &= unchecked((ushort)~Condition1);
        X87Operations.Finish(c, ref op, b, FxLayout.DataPointer(b));
    }

    /// <summary>FXCH.</summary>
    internal static void Exchange(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || !InUse(b, 0) || !InUse(b, op.Reg))
        {
            X87Operations.Register(c, ref op);
            return;
        }

        Vector128<byte> first = Vector128.Load(FxLayout.St(b, 0));
        Vector128<byte> second = Vector128.Load(FxLayout.St(b, op.Reg));
        first.Store(FxLayout.St(b, op.Reg));
        second.Store(FxLayout.St(b, 0));
        FxLayout.Status(b) &= unchecked((ushort)~Condition1);
        X87Operations.Finish(c, ref op, b, FxLayout.DataPointer(b));
    }

    /// <summary>FST and FSTP ST(i).</summary>
    internal static void Copy(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || !InUse(b, 0))
        {
            X87Operations.Register(c, ref op);
            return;
        }

        Vector128.Load(FxLayout.St(b, 0)).Store(FxLayout.St(b, op.Reg));
        FxLayout.Tags(b) |= (byte)(1 << ((FxLayout.Top(b) + op.Reg) & 7));
        FxLayout.Status(b) &= unchecked((ushort)~Condition1);
        PopMany(b, op.Reg2 & LeanShape.PopMask);
        X87Operations.Finish(c, ref op, b, FxLayout.DataPointer(b));
    }

    /// <summary>ST0 and memory in, ST0 or conditions out.</summary>
    internal static void ComputeMemory(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || !InUse(b, 0))
        {
            X87Operations.Load(c, ref op);
            return;
        }

        if (Operand.TryAddress(c, ref op, op.Reg2, write: false, out ulong linear) && FpuMemory.TryLoad(c, linear, op.Reg2, b + FxLayout.Operand))
        {
            HostStubs.RunLean(ref op, b, FxLayout.St(b, 0), b + FxLayout.Operand);
            Merge(b, op.Reg);
            PopMany(b, op.Reg & LeanShape.PopMask);
            X87Operations.FinishMemory(c, ref op, b);
        }
    }

    /// <summary>FLD and FILD of memory.</summary>
    internal static void LoadMemory(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || InUse(b, 7))
        {
            X87Operations.Load(c, ref op);
            return;
        }

        if (Operand.TryAddress(c, ref op, op.Reg2, write: false, out ulong linear) && FpuMemory.TryLoad(c, linear, op.Reg2, b + FxLayout.Operand))
        {
            *(ulong*)(b + FxLayout.Spare + 8) = 0;
            HostStubs.RunLean(ref op, b, b + FxLayout.Spare, b + FxLayout.Operand);
            Merge(b, 0);
            Push(b, b + FxLayout.Spare);
            X87Operations.FinishMemory(c, ref op, b);
        }
    }

    /// <summary>FST, FSTP, FIST, FISTP, FISTTP to memory.</summary>
    internal static void StoreMemory(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!IsOpen(c, b) || !InUse(b, 0))
        {
            X87Operations.Store(c, ref op);
            return;
        }

        if (Operand.TryAddress(c, ref op, op.Reg2, write: true, out ulong linear) && FpuMemory.TryPrepareStore(c, linear, op.Reg2))
        {
            HostStubs.RunLean(ref op, b, FxLayout.St(b, 0), b + FxLayout.Operand);
            _ = FpuMemory.TryStore(c, linear, op.Reg2, b + FxLayout.Operand);
            Merge(b, 0);
            PopMany(b, op.Reg & LeanShape.PopMask);
            X87Operations.FinishMemory(c, ref op, b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsOpen(InterpreterCore c, byte* b) =>
        (c.S.Cr0 & (Cr0.EM | Cr0.TS)) == 0 && (FxLayout.Control(b) & FxLayout.ExceptionFlags) == FxLayout.ExceptionFlags;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool InUse(byte* b, int i) => ((FxLayout.Tags(b) >> ((FxLayout.Top(b) + i) & 7)) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Merge(byte* b, int shape)
    {
        int conditions = (shape & LeanShape.AllConditions) != 0 ? AllConditions : Condition1;
        int result = *(ushort*)(b + FxLayout.Out);
        ref ushort status = ref FxLayout.Status(b);
        status = (ushort)((status & ~conditions) | (result & (conditions | FxLayout.ExceptionFlags)));
    }

    private static void PopMany(byte* b, int count)
    {
        for (; count > 0; count--)
        {
            Pop(b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pop(byte* b)
    {
        int top = FxLayout.Top(b);
        FxLayout.Tags(b) &= (byte)~(1 << top);
        byte* s = FxLayout.St(b, 0);
        Vector128<byte> s0 = Vector128.Load(s);
        Vector128<byte> s1 = Vector128.Load(s + 16);
        Vector128<byte> s2 = Vector128.Load(s + 32);
        Vector128<byte> s3 = Vector128.Load(s + 48);
        Vector128<byte> s4 = Vector128.Load(s + 64);
        Vector128<byte> s5 = Vector128.Load(s + 80);
        Vector128<byte> s6 = Vector128.Load(s + 96);
        Vector128<byte> s7 = Vector128.Load(s + 112);
        s1.Store(s);
        s2.Store(s + 16);
        s3.Store(s + 32);
        s4.Store(s + 48);
        s5.Store(s + 64);
        s6.Store(s + 80);
        s7.Store(s + 96);
        s0.Store(s + 112);
        SetTop(b, top + 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Push(byte* b, byte* value)
    {
        int top = (FxLayout.Top(b) - 1) & 7;
        FxLayout.Tags(b) |= (byte)(1 << top);
        byte* s = FxLayout.St(b, 0);
        Vector128<byte> s0 = Vector128.Load(s);
        Vector128<byte> s1 = Vector128.Load(s + 16);
        Vector128<byte> s2 = Vector128.Load(s + 32);
        Vector128<byte> s3 = Vector128.Load(s + 48);
        Vector128<byte> s4 = Vector128.Load(s + 64);
        Vector128<byte> s5 = Vector128.Load(s + 80);
        Vector128<byte> s6 = Vector128.Load(s + 96);
        Vector128<byte> top0 = Vector128.Load(value);
        s0.Store(s + 16);
        s1.Store(s + 32);
        s2.Store(s + 48);
        s3.Store(s + 64);
        s4.Store(s + 80);
        s5.Store(s + 96);
        s6.Store(s + 112);
        top0.Store(s);
        SetTop(b, top);
    }

    private static void SetTop(byte* b, int top)
    {
        ref ushort status = ref FxLayout.Status(b);
        status = (ushort)((status & ~FxLayout.TopMask) | ((top & 7) << 11));
    }
}
