using System;
using Doppel.Cpu.Interpreter.Core;
using Iced.Intel;
using M = Iced.Intel.Mnemonic;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// The precision flag beside an unmasked overflow or underflow: it is that of the result rounded with an unbounded exponent, as IEEE 754 has it for trapped
/// exceptions. Products, quotients and conversions round alike whatever the exponents of their operands are, so a trial with exponents from the middle
/// tells. Sums that are tiny are exact; those that are too large round like their quarter.
/// </summary>
/// <remarks>Dot products are computed in steps, and an unmasked exception of one step keeps the later ones from being taken (Intel SDM vol. 2A, DPPS).</remarks>
// SAFETY: operands and copies are places of the core's own FxArea, 16 bytes each.
internal static unsafe class SseRange
{
    private const uint Overflow = 8;
    private const uint Underflow = 0x10;
    private const uint Precision = 0x20;
    private const int CopiesAt = FxLayout.Trial + 1024;
    private const int StepsAt = CopiesAt + 64;

    private enum Kind
    {
        Other,
        Product,
        Sum,
        PairSum,
        Narrowing,
    }

    /// <summary>MXCSR flags to note for an instruction that an unmasked exception ends.</summary>
    internal static uint Noted(ref Op op, byte* b, uint mxcsr, uint unmasked, uint raised, byte* first, byte* second)
    {
        Code code = HostStubs.CodeOf(ref op, out byte immediate);
        return code is Code.Dpps_xmm_xmmm128_imm8 or Code.Dppd_xmm_xmmm128_imm8
            ? OfSteps(b, mxcsr, unmasked, first, second, immediate, code == Code.Dppd_xmm_xmmm128_imm8)
            : OfOne(ref op, code.Mnemonic(), b, mxcsr, unmasked, raised, first, second);
    }

    private static uint OfOne(ref Op op, M mnemonic, byte* b, uint mxcsr, uint unmasked, uint raised, byte* first, byte* second)
    {
        Kind kind = KindOf(mnemonic);
        if (!SseFloat.LeavesRange(raised, unmasked) || kind == Kind.Other)
        {
            return SseFloat.Reported(raised, unmasked);
        }

        bool doubles = IsDouble(mnemonic);
        byte* result = FxLayout.XmmAt(b + FxLayout.Trial, 0); // as the last trial left it
        byte* left = b + CopiesAt;
        byte* right = left + 16;
        new ReadOnlySpan<byte>(first, 16).CopyTo(new Span<byte>(left, 16));
        new ReadOnlySpan<byte>(second, 16).CopyTo(new Span<byte>(right, 16));
        int lanes = doubles ? 2 : 4;
        for (int lane = 0; lane < lanes; lane++)
        {
            int range = RangeOf(result, lane, doubles && kind != Kind.Narrowing);
            bool wraps = range < 0 ? (unmasked & Underflow) != 0 : range > 0 && (unmasked & Overflow) != 0;
            if (!wraps || (range < 0 && kind is Kind.Sum or Kind.PairSum))
            {
                continue;
            }

            int half = lanes / 2;
            switch (kind)
            {
                case Kind.Product:
                    Centre(left, lane, doubles, mxcsr);
                    Centre(right, lane, doubles, mxcsr);
                    break;
                case Kind.Narrowing:
                    Centre(right, lane, doubles: true, mxcsr);
                    break;
                case Kind.Sum:
                    Quarter(left, lane, doubles);
                    Quarter(right, lane, doubles);
                    break;
                default:
                    byte* pair = lane < half ? left : right;
                    Quarter(pair, (lane % half) * 2, doubles);
                    Quarter(pair, ((lane % half) * 2) + 1, doubles);
                    break;
            }
        }

        uint settings = (mxcsr | FxLayout.MxcsrMasks) & ~FxLayout.MxcsrFlags;
        settings &= (unmasked & Underflow) != 0 ? ~FxLayout.MxcsrFlushToZero : uint.MaxValue;
        uint inRange = SseFloat.Try(ref op, b + FxLayout.Trial, settings, left, right);
        return (raised & ~Precision) | (inRange & Precision);
    }

    private static uint OfSteps(byte* b, uint mxcsr, uint unmasked, byte* first, byte* second, byte mask, bool doubles)
    {
        byte* left = b + StepsAt;
        byte* right = left + 16;
        new ReadOnlySpan<byte>(first, 16).CopyTo(new Span<byte>(left, 16));
        new ReadOnlySpan<byte>(second, 16).CopyTo(new Span<byte>(right, 16));
        int lanes = doubles ? 2 : 4;
        for (int lane = 0; lane < lanes; lane++)
        {
            if ((mask >> (4 + lane) & 1) == 0)
            {
                Clear(left, lane, doubles);
                Clear(right, lane, doubles);
            }
        }

        uint noted = OfStep(doubles ? Code.Mulpd_xmm_xmmm128 : Code.Mulps_xmm_xmmm128, b, mxcsr, unmasked, left, right);
        Code sum = doubles ? Code.Haddpd_xmm_xmmm128 : Code.Haddps_xmm_xmmm128;
        for (int step = lanes; step > 1 && (noted & unmasked) == 0; step /= 2)
        {
            new Span<byte>(right, 16).Clear();
            noted |= OfStep(sum, b, mxcsr, unmasked, left, right);
        }

        return noted;
    }

    // The result goes to the first operand.
    private static uint OfStep(Code code, byte* b, uint mxcsr, uint unmasked, byte* left, byte* right)
    {
        Instruction instruction = Instruction.Create(code, Register.XMM0, new MemoryOperand(Register.RDX));
        Op op = new() { Immediate = HostStubs.Get(instruction, StubParts.LoadXmm | StubParts.StoreXmm | StubParts.Mxcsr) };
        uint raised = SseFloat.Find(ref op, b, mxcsr, unmasked, left, right);
        if ((raised & unmasked) != 0)
        {
            return OfOne(ref op, code.Mnemonic(), b, mxcsr, unmasked, raised, left, right);
        }

        new ReadOnlySpan<byte>(FxLayout.XmmAt(b + FxLayout.Trial, 0), 16).CopyTo(new Span<byte>(left, 16));
        return raised;
    }

    private static Kind KindOf(M mnemonic) => mnemonic switch
    {
        M.Mulps or M.Mulpd or M.Mulss or M.Mulsd or M.Divps or M.Divpd or M.Divss or M.Divsd => Kind.Product,
        M.Addps or M.Addpd or M.Addss or M.Addsd or M.Subps or M.Subpd or M.Subss or M.Subsd or M.Addsubps or M.Addsubpd => Kind.Sum,
        M.Haddps or M.Haddpd or M.Hsubps or M.Hsubpd => Kind.PairSum,
        M.Cvtsd2ss or M.Cvtpd2ps => Kind.Narrowing,
        _ => Kind.Other,
    };

    private static bool IsDouble(M mnemonic) => mnemonic
        is M.Mulpd or M.Mulsd or M.Divpd or M.Divsd or M.Addpd or M.Addsd or M.Subpd or M.Subsd or M.Addsubpd or M.Haddpd or M.Hsubpd or M.Cvtsd2ss or M.Cvtpd2ps;

    // -1: at most the smallest normal number; 1: at least the largest finite one (or no number); 0: between.
    private static int RangeOf(byte* result, int lane, bool doubles)
    {
        if (doubles)
        {
            ulong value = ((ulong*)result)[lane] & long.MaxValue;
            return value <= 1UL << 52 ? -1 : value >= 0x7FEF_FFFF_FFFF_FFFF ? 1 : 0;
        }

        uint single = ((uint*)result)[lane] & int.MaxValue;
        return single <= 1u << 23 ? -1 : single >= 0x7F7F_FFFF ? 1 : 0;
    }

    // Gives a finite number other than zero the exponent of one; its significant bits stay. What counts for zero stays as it is.
    private static void Centre(byte* values, int lane, bool doubles, uint mxcsr)
    {
        bool takesTiny = (mxcsr & FxLayout.MxcsrDenormalsAreZeros) == 0;
        if (doubles)
        {
            ref double value = ref ((double*)values)[lane];
            if (double.IsFinite(value) && value != 0 && (takesTiny || double.IsNormal(value)))
            {
                value = Math.ScaleB(value, -Math.ILogB(value));
            }

            return;
        }

        ref float single = ref ((float*)values)[lane];
        if (float.IsFinite(single) && single != 0 && (takesTiny || float.IsNormal(single)))
        {
            single = MathF.ScaleB(single, -MathF.ILogB(single));
        }
    }

    // Numbers that would leave the normal range are too small beside the other operand to matter by their exponent.
    private static void Quarter(byte* values, int lane, bool doubles)
    {
        if (doubles)
        {
            ref ulong value = ref ((ulong*)values)[lane];
            value -= (value >> 52 & 0x7FF) is > 2 and < 0x7FF ? 2UL << 52 : 0;
            return;
        }

        ref uint single = ref ((uint*)values)[lane];
        single -= (single >> 23 & 0xFF) is > 2 and < 0xFF ? 2u << 23 : 0;
    }

    private static void Clear(byte* values, int lane, bool doubles)
    {
        if (doubles)
        {
            ((ulong*)values)[lane] = 0;
        }
        else
        {
            ((uint*)values)[lane] = 0;
        }
    }
}
