using System;
using System.Buffers.Binary;
using Doppel.X86.Registers;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Around what the cases of a run turn.</summary>
internal enum CaseStyle
{
    /// <summary>Results: segments are flat, or in 16-bit code 64 KiB long.</summary>
    Results,

    /// <summary>Segments of the LDT with limits, bases and rights; operands and branch targets at the edges.</summary>
    Limits,

    /// <summary>Instructions on selectors.</summary>
    Selectors,
}

/// <summary>Makes cases of one form: encodes random operands and invents the state around them.</summary>
internal sealed class CaseMaker(ulong seed, int bits, CaseStyle style)
{
    private const int MaxTries = 60;
    private const ulong RandomFlags = (ulong)(RFlags.CF | RFlags.PF | RFlags.AF | RFlags.ZF | RFlags.SF | RFlags.OF);
    private const ushort AllMasked = 0x37F;

    private readonly LiveRandom _random = new(seed);
    private readonly OperandMaker _operands = new(new LiveRandom(~seed), bits);
    private readonly BytesWriter _writer = new();

    /// <summary>A case of <paramref name="code"/>; null when no operands could be encoded.</summary>
    internal LiveCase? Make(Code code)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            ChooseSegments();
            if (_operands.TryMake(code, out Instruction instruction) && TryEncode(instruction, out byte[] bytes))
            {
                return Fill(bytes, code);
            }
        }

        return null;
    }

    private bool TryEncode(in Instruction instruction, out byte[] bytes)
    {
        _writer.Clear();
        Encoder encoder = Encoder.Create(bits, _writer);
        bool encoded = encoder.TryEncode(instruction, _operands.Segments.Start, out _, out _);
        bytes = encoded ? _writer.Bytes : [];
        return encoded && bytes.Length <= 15;
    }

    private LiveCase Fill(byte[] bytes, Code code)
    {
        Decoder decoder = Decoder.Create(bits, new ByteArrayCodeReader(bytes), DecoderOptions.None);
        decoder.IP = _operands.Segments.Start;
        LiveCase test = new() { Bits = bits, Code = bytes, Instruction = decoder.Decode(), Segments = _operands.Segments };
        for (int i = 0; i < (bits == 64 ? 16 : 8); i++)
        {
            test.Registers[i] = bits == 64 ? _operands.Values[i] : (uint)_operands.Values[i];
        }

        test.Flags = (_random.Next() & RandomFlags) | (ulong)(RFlags.Fixed1 | RFlags.IF | RFlags.TF);
        if (test.Instruction.IsStringInstruction && _random.Chance(40))
        {
            test.Flags |= (ulong)RFlags.DF;
        }

        bool isFloat = IsFloat(code);
        FillPattern(test.Pattern, isFloat);
        FillFx(test.Fx, isFloat);
        if (style == CaseStyle.Selectors)
        {
            test.Flags |= code.Mnemonic() is Mnemonic.Iret or Mnemonic.Iretd or Mnemonic.Iretq && _random.Chance(5) ? (ulong)RFlags.NT : 0;
            FarPointers.Fill(_random, test, _operands.MemoryLinear, _operands.StackLinear);
        }
        else if (style == CaseStyle.Limits && test.Instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return && _random.Chance(50))
        {
            for (int at = 0; at < test.Pattern.Length; at += 4)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(test.Pattern.AsSpan(at), test.Segments.CodeLimit + (uint)(_random.Below(4) - 2));
            }
        }

        return test;
    }

    private void ChooseSegments()
    {
        _operands.SeeksLimits = style == CaseStyle.Limits;
        _operands.Segments = style switch
        {
            CaseStyle.Limits => SegmentSetup.Limited(_random, bits),
            CaseStyle.Selectors when bits == 64 => SegmentSetup.Long(_random),
            CaseStyle.Selectors when _random.Chance(50) => SegmentSetup.Limited(_random, bits),
            _ => bits == 16 ? SegmentSetup.Sixteen(_random) : SegmentSetup.Ordinary(bits),
        };
    }

    private static bool IsFloat(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.FXSR or CpuidFeature.MMX or CpuidFeature.CMOV
                || (feature >= CpuidFeature.SSE && feature <= CpuidFeature.SSE4_2) || feature is CpuidFeature.SSSE3 or CpuidFeature.AES or CpuidFeature.PCLMULQDQ)
            {
                return true;
            }
        }

        return false;
    }

    private void FillPattern(byte[] pattern, bool isFloat)
    {
        bool singles = _random.Chance(50);
        for (int at = 0; at < pattern.Length; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(pattern.AsSpan(at), Lane(isFloat && !_random.Chance(30), singles));
        }

        if (isFloat && _random.Chance(40))
        {
            for (int at = 0; at < pattern.Length; at += 16)
            {
                (ulong significand, ushort rest) = _random.Extended();
                BinaryPrimitives.WriteUInt64LittleEndian(pattern.AsSpan(at), significand);
                BinaryPrimitives.WriteUInt16LittleEndian(pattern.AsSpan(at + 8), rest);
            }
        }
    }

    private ulong Lane(bool isFloat, bool singles) =>
        !isFloat ? _random.Number() : singles ? _random.Single() | ((ulong)_random.Single() << 32) : _random.Double();

    private void FillFx(byte[] fx, bool isFloat)
    {
        ushort control = AllMasked;
        ushort status = 0;
        uint mxcsr = 0x1F80;
        byte tag = 0;
        if (isFloat)
        {
            control = (ushort)(0x40 | (_random.Below(16) << 8) | (_random.Chance(85) ? 0x3F : _random.Below(64)));
            status = (ushort)(((uint)_random.Below(8) << 11) | ((uint)_random.Next() & 0x4700) | (_random.Chance(85) ? 0 : (uint)_random.Below(128)));
            status = (status & ~control & 0x3F) != 0 ? (ushort)(status | 0x8080) : status;
            mxcsr = _random.Chance(60) ? mxcsr : (uint)(_random.Below(4) << 13) | (_random.Chance(70) ? 0x1F80u : (uint)_random.Below(64) << 7) | (_random.Chance(25) ? 0x8000u : 0)
                | (_random.Chance(25) ? 0x40u : 0) | (_random.Chance(30) ? (uint)_random.Below(64) : 0);
            tag = _random.Chance(60) ? (byte)0xFF : (byte)_random.Next();
            bool singles = _random.Chance(50);
            for (int i = 0; i < 8; i++)
            {
                (ulong significand, ushort rest) = _random.Extended();
                BinaryPrimitives.WriteUInt64LittleEndian(fx.AsSpan(FxBytes.St0 + i * 16), significand);
                BinaryPrimitives.WriteUInt16LittleEndian(fx.AsSpan(FxBytes.St0 + i * 16 + 8), rest);
            }

            bool integers = _random.Chance(30);
            for (int i = 0; i < (bits == 64 ? 32 : 16); i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(fx.AsSpan(FxBytes.Xmm0 + i * 8), Lane(!integers, singles));
            }
        }

        BinaryPrimitives.WriteUInt16LittleEndian(fx, control);
        BinaryPrimitives.WriteUInt16LittleEndian(fx.AsSpan(FxBytes.StatusWord), status);
        fx[FxBytes.TagByte] = tag;
        BinaryPrimitives.WriteUInt32LittleEndian(fx.AsSpan(FxBytes.Mxcsr), mxcsr);
    }

    private sealed class BytesWriter : CodeWriter
    {
        private readonly byte[] _bytes = new byte[32];
        private int _count;

        internal byte[] Bytes => _bytes[.._count];

        internal void Clear() => _count = 0;

        public override void WriteByte(byte value) => _bytes[_count++] = value;
    }
}
