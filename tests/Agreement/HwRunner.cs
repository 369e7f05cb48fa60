using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Doppel.Cpu;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Iced.Intel;

namespace Doppel.Agreement.Tests;

/// <summary>Runs recorded cases on a <see cref="FlatBench"/> and says in words what differs.</summary>
internal sealed class HwRunner(FlatBench bench)
{
    private const int WindowOffset = 0x800;
    private const int WindowLength = 512;
    private const int CodeOffset = 16;
    private const uint CodeStart = FlatBench.CodeLinear + CodeOffset;

    // The recorder's REP counts are at most 8.
    private const int MaxSteps = 64;

    private static readonly string[] RegisterNames = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

    private readonly byte[] _expected = new byte[FlatBench.DataLength];
    private readonly byte[] _code = new byte[64];
    private readonly List<string> _differences = [];

    /// <summary>Differences between the recorded outcome and this engine's; empty when they agree.</summary>
    internal IReadOnlyList<string> Run(HwCase test)
    {
        _differences.Clear();
        Prepare(test);
        int steps = 0;
        bool repeats = IsRepeated(test.Code);
        StopReason reason;
        do
        {
            reason = bench.Vcpu.Run(new RunLimits(1));
            bench.Finish();
        }
        while (repeats && reason == StopReason.Budget && bench.State.R.Rip == CodeStart && ++steps < MaxSteps);

        if (reason == StopReason.Shutdown)
        {
            _differences.Add("triple fault");
            return _differences;
        }

        Compare(test);
        return _differences;
    }

    /// <summary>Code value of the instruction by its decoder's name, for grouping.</summary>
    internal static string FormOf(byte[] code) => Decode(code).Code.ToString();

    internal static string TextOf(byte[] code) => Decode(code).ToString();

    private static Instruction Decode(byte[] code)
    {
        Decoder decoder = Decoder.Create(32, new ByteArrayCodeReader(code));
        decoder.IP = CodeStart;
        return decoder.Decode();
    }

    private static bool IsRepeated(byte[] code)
    {
        Instruction instruction = Decode(code);
        return instruction.IsStringInstruction && (instruction.HasRepPrefix || instruction.HasRepnePrefix);
    }

    private void Prepare(HwCase test)
    {
        Array.Clear(_expected);
        for (int at = 0; at < WindowLength; at += test.Pattern.Length)
        {
            test.Pattern.CopyTo(_expected.AsSpan(WindowOffset + at));
        }

        Restore();
        Array.Fill(_code, (byte)0x90);
        test.Code.CopyTo(_code.AsSpan(CodeOffset));
        bench.WriteCode(0, _code);

        ref VcpuRecord r = ref bench.State.R;
        for (int i = 0; i < 8; i++)
        {
            r.Gpr[i] = test.Before.Registers[i];
        }

        r.Rip = CodeStart;
        r.Rflags = test.Before.Flags;
        Span<byte> fx = FxBytes.Of(bench.State);
        fx.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(fx, test.Before.St is null ? (ushort)0x37F : test.Before.ControlWord);
        BinaryPrimitives.WriteUInt16LittleEndian(fx[FxBytes.StatusWord..], test.Before.StatusWord);
        fx[FxBytes.TagByte] = test.Before.Tag;
        BinaryPrimitives.WriteUInt32LittleEndian(fx[FxBytes.Mxcsr..], test.Before.Xmm is null ? 0x1F80 : test.Before.Mxcsr);
        for (int i = 0; i < 8 && test.Before.St is { } st; i++)
        {
            st.AsSpan(i * 10, 10).CopyTo(fx[(FxBytes.St0 + i * 16)..]);
        }

        test.Before.Xmm?.CopyTo(fx[FxBytes.Xmm0..]);
        bench.Start();
    }

    // Only what the case before left different is written again.
    private void Restore()
    {
        ReadOnlySpan<byte> now = bench.Data;
        for (int at = 0; at < FlatBench.DataLength; at += WindowLength)
        {
            if (!now.Slice(at, WindowLength).SequenceEqual(_expected.AsSpan(at, WindowLength)))
            {
                bench.WriteData(at, _expected.AsSpan(at, WindowLength));
            }
        }
    }

    private void Compare(HwCase test)
    {
        HwSide after = test.After;
        ref VcpuRecord r = ref bench.State.R;
        uint esp = (uint)r.Gpr[4];
        uint eip = (uint)r.Rip;
        uint flags = (uint)r.Rflags;
        if (bench.Faulted)
        {
            int vector = bench.FaultVector;
            (uint error, eip, flags, esp) = bench.Frame(((Vector)vector).HasErrorCode());
            if (after.Vector is null)
            {
                _differences.Add($"vector {vector} error {error:X}, expected none");
                return;
            }

            Expect("vector", (uint)after.Vector, (uint)vector);
            Expect("error code", after.ErrorCode, error);
        }
        else if (after.Vector is not null)
        {
            _differences.Add($"no exception, expected vector {after.Vector} error {after.ErrorCode:X}");
            return;
        }

        Expect("ip", after.InstructionPointer, eip - CodeStart);
        if (after.Vector is null)
        {
            uint mask = test.DefinedFlags | (uint)RFlags.DF;
            Expect("flags", after.Flags & mask, flags & mask);
        }

        if (!test.ResultUndefined)
        {
            CompareRegisters(after, esp);
            CompareMemory(test);
        }

        if (after.St is not null)
        {
            CompareFloatingPoint(after);
        }
    }

    private void CompareRegisters(HwSide after, uint esp)
    {
        for (int i = 0; i < 8; i++)
        {
            Expect(RegisterNames[i], after.Registers[i], i == 4 ? esp : (uint)bench.State.R.Gpr[i]);
        }
    }

    private void CompareMemory(HwCase test)
    {
        foreach ((int offset, byte value) in test.Changes)
        {
            _expected[WindowOffset + offset] = value;
        }

        ReadOnlySpan<byte> actual = bench.Data;
        int first = actual.CommonPrefixLength(_expected);
        if (first < actual.Length)
        {
            _differences.Add($"memory at {FlatBench.DataLinear + first:X8} is {actual[first]:X2}, expected {_expected[first]:X2}");
        }
    }

    private void CompareFloatingPoint(HwSide after)
    {
        ReadOnlySpan<byte> fx = FxBytes.Of(bench.State);
        ushort status = BinaryPrimitives.ReadUInt16LittleEndian(fx[FxBytes.StatusWord..]);
        Expect("cw", after.ControlWord, BinaryPrimitives.ReadUInt16LittleEndian(fx));
        Expect("sw", after.StatusWord, status);
        Expect("tag", after.Tag, fx[FxBytes.TagByte]);
        int top = (after.StatusWord >> 11) & 7;
        for (int i = 0; i < 8; i++)
        {
            if ((after.Tag >> ((top + i) & 7) & 1) != 0)
            {
                Expect("st" + i, after.St.AsSpan(i * 10, 10), fx.Slice(FxBytes.St0 + i * 16, 10));
            }
        }

        if (after.Xmm is not null)
        {
            Expect("mxcsr", after.Mxcsr, BinaryPrimitives.ReadUInt32LittleEndian(fx[FxBytes.Mxcsr..]));
            for (int i = 0; i < 8; i++)
            {
                Expect("xmm" + i, after.Xmm.AsSpan(i * 16, 16), fx.Slice(FxBytes.Xmm0 + i * 16, 16));
            }
        }
    }

    private void Expect(string what, uint expected, uint actual)
    {
        if (expected != actual)
        {
            _differences.Add($"{what} {actual:X}, expected {expected:X}");
        }
    }

    private void Expect(string what, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        if (!expected.SequenceEqual(actual))
        {
            _differences.Add($"{what} {Convert.ToHexString(actual)}, expected {Convert.ToHexString(expected)}");
        }
    }
}
