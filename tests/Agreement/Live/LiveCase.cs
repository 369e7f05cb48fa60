using System;
using System.Globalization;
using System.Text;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>One instruction and all that it may see. The window of memory is <see cref="Pattern"/> over and over.</summary>
internal sealed class LiveCase
{
    internal const int MaxRepeats = 40;

    internal required int Bits { get; init; }

    internal required byte[] Code { get; init; }

    /// <summary>The instruction that <see cref="Code"/> encodes.</summary>
    internal required Instruction Instruction { get; init; }

    /// <summary>Segment registers by encoding number.</summary>
    internal SegmentSetup Segments
    {
        get => field ??= SegmentSetup.Ordinary(Bits);
        init;
    }

    /// <summary>Writes the code and what stands behind it: a breakpoint, which ends the block that an engine decodes; behind a load of SS, which holds the trap off, a NOP.</summary>
    internal void WriteCode(Span<byte> to)
    {
        to.Fill(0xCC);
        if (Code.Length < to.Length && (Instruction.Op0Register == Register.SS || Instruction.Mnemonic == Mnemonic.Lss))
        {
            to[Code.Length] = 0x90;
        }

        Code.CopyTo(to);
    }

    /// <summary>How often the instruction may trap at its own address and go on: repeated string instructions do after each round.</summary>
    internal int Repeats => Instruction.HasRepPrefix || Instruction.HasRepnePrefix ? MaxRepeats : 0;

    internal ulong[] Registers { get; init; } = new ulong[16];

    /// <summary>With the trap flag, which ends the case.</summary>
    internal ulong Flags { get; set; }

    internal byte[] Pattern { get; init; } = new byte[CaseLayout.PatternLength];

    /// <summary>FXSAVE image, 64-bit layout.</summary>
    internal byte[] Fx { get; init; } = new byte[512];

    internal LiveCase Copy()
    {
        LiveCase copy = new() { Bits = Bits, Code = Code, Instruction = Instruction, Flags = Flags, Segments = Segments };
        Registers.CopyTo(copy.Registers, 0);
        Pattern.CopyTo(copy.Pattern, 0);
        Fx.CopyTo(copy.Fx, 0);
        return copy;
    }

    /// <summary>Bytes, disassembly and everything in the initial state that is not zero, on one line.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Bits}-bit {Convert.ToHexString(Code)} \"{Instruction}\" flags {Flags:X}");
        if (!Segments.IsFlat)
        {
            text.Append(CultureInfo.InvariantCulture, $" es,cs,ss,ds,fs,gs={string.Join(',', Array.ConvertAll(Segments.Selectors, one => one.ToString("X", CultureInfo.InvariantCulture)))}");
        }

        for (int i = 0; i < Registers.Length; i++)
        {
            if (Registers[i] != 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" {LiveOutcome.Names[i]}={Registers[i]:X}");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $" fcw={BitConverter.ToUInt16(Fx, 0):X} fsw={BitConverter.ToUInt16(Fx, 2):X} ftw={Fx[4]:X2} mxcsr={BitConverter.ToUInt32(Fx, 24):X}");
        for (int i = 0; i < 24; i++)
        {
            int length = i < 8 ? 10 : 16;
            ReadOnlySpan<byte> value = Fx.AsSpan(32 + i * 16, length);
            if (value.ContainsAnyExcept((byte)0))
            {
                text.Append(CultureInfo.InvariantCulture, $" {(i < 8 ? "st" : "xmm")}{(i < 8 ? i : i - 8)}={Backwards(value)}");
            }
        }

        for (int at = 0; at < Pattern.Length; at += 8)
        {
            if (BitConverter.ToUInt64(Pattern, at) is not 0 and ulong value)
            {
                text.Append(CultureInfo.InvariantCulture, $" [..{at:X2}]={value:X}");
            }
        }

        return text.ToString();
    }

    internal static string Backwards(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = bytes.ToArray();
        Array.Reverse(copy);
        return Convert.ToHexString(copy);
    }
}
