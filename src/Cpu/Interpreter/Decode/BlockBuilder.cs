using System;
using System.Collections.Generic;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Paging;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>Decodes guest bytes to blocks. Iced decodes; <see cref="Lowering"/> turns each instruction into an operation.</summary>
internal sealed class BlockBuilder
{
    private const int MaxInstructionBytes = 15;

    private readonly InterpreterCore _core;
    private readonly BufferReader _reader = new();
    private readonly Decoder _decoder16;
    private readonly Decoder _decoder32;
    private readonly Decoder _decoder64;
    private readonly List<Op> _ops = [];

    internal BlockBuilder(InterpreterCore core)
    {
        _core = core;
        DecoderOptions options = FeatureGate.Options(core.Model);
        _decoder16 = Decoder.Create(16, _reader, options);
        _decoder32 = Decoder.Create(32, _reader, options);
        _decoder64 = Decoder.Create(64, _reader, options);
    }

    /// <summary>Decodes from CS:RIP, whose first byte is at <paramref name="linear"/> and <paramref name="physical"/>. Null: fetching raised an exception.</summary>
    internal Block? Build(ulong linear, ulong physical, byte key)
    {
        InterpreterCore c = _core;
        int inPage = Math.Min(0x1000 - (int)(physical & 0xFFF), BufferReader.Capacity / 2);
        Fetch(physical, _reader.Fill(inPage));
        bool pageEnds = inPage == 0x1000 - (int)(physical & 0xFFF);

        bool code64 = (c.Mode & CpuMode.Code64) != 0;
        int bits = code64 ? 64 : (c.Mode & CpuMode.Code32) != 0 ? 32 : 16;
        Decoder decoder = bits switch { 64 => _decoder64, 32 => _decoder32, _ => _decoder16 };
        Block block = new(linear, c.Rip, physical, key, c.S.Segment[Seg.CS].Limit);
        Lowering lowering = new(c.Model, c.Mode, bits);
        _ops.Clear();
        ulong rip = c.Rip;
        int used = 0;
        bool ends = false;
        while (!ends && _ops.Count < Block.MaxCount)
        {
            _reader.Position = used;
            decoder.IP = rip;
            decoder.Decode(out Instruction instruction);
            if (decoder.LastError == DecoderError.NoMoreBytes)
            {
                if (_ops.Count > 0 || !pageEnds)
                {
                    break;
                }

                if (!TryExtend(linear, used, block))
                {
                    return null;
                }

                _reader.Position = used;
                decoder.IP = rip;
                decoder.Decode(out instruction);
            }

            int length = Math.Max(instruction.Length, 1);
            Op op = default;
            op.Length = (byte)length;
            op.Position = (byte)_ops.Count;
            op.NextIp = Truncate(rip + (ulong)length, bits);
            op.Base = RegisterFile.ZeroRegister;
            op.Index = RegisterFile.ZeroRegister;
            if (!code64 && rip + (ulong)length - 1 > c.S.Segment[Seg.CS].Limit)
            {
                ends = lowering.LowerFetchFault(ref op);
            }
            else if (instruction.IsInvalid)
            {
                ends = length >= MaxInstructionBytes ? lowering.LowerFetchFault(ref op) : lowering.LowerInvalid(ref op);
            }
            else
            {
                ends = lowering.Lower(instruction, ref op);
            }

            _ops.Add(op);
            used += length;
            rip = op.NextIp;
            if (!code64 && rip == 0)
            {
                break; // wrapped round
            }
        }

        block.Ops = [.. _ops];
        block.EndRip = rip;
        block.LengthBytes = used;
        return block;
    }

    private static ulong Truncate(ulong rip, int bits) => bits switch
    {
        64 => rip,
        32 => (uint)rip,
        _ => (ushort)rip,
    };

    // The first instruction reaches over the page border: append the next page's bytes, if it is there.
    private bool TryExtend(ulong linear, int used, Block block)
    {
        ulong next = (linear | 0xFFF) + 1;
        next = (_core.Mode & CpuMode.Code64) != 0 ? next : (uint)next;
        if (!_core.Memory.Slow.TryTranslate(next, PageAccess.Execute, _core.Cpl == 3, out ulong second))
        {
            return false;
        }

        block.SecondPage = second >> 12;
        _reader.KeepFrom(used);
        Fetch(second, _reader.Append(MaxInstructionBytes));
        return true;
    }

    private void Fetch(ulong physical, Span<byte> to)
    {
        FlatRange? range = _core.Space.Map.Find(new Gpa(physical));
        if (range?.Ram is { } ram && physical + (ulong)to.Length <= range.Start.Value + range.Length)
        {
            ram.Read(range.Offset + (long)(physical - range.Start.Value), to.Length).CopyTo(to);
            return;
        }

        for (int i = 0; i < to.Length; i++)
        {
            // Fetching ahead must not touch device registers behind the instruction: MMIO is read a few bytes at a time.
            to[i] = i < MaxInstructionBytes ? (byte)_core.Memory.Slow.ReadPhysical(physical + (ulong)i, 1) : (byte)0;
        }
    }

    /// <summary>The bytes that are being decoded.</summary>
    private sealed class BufferReader : CodeReader
    {
        internal const int Capacity = 2048;

        private readonly byte[] _bytes = new byte[Capacity];
        private int _count;

        internal int Position { get; set; }

        internal Span<byte> Fill(int count)
        {
            _count = count;
            Position = 0;
            return _bytes.AsSpan(0, count);
        }

        internal void KeepFrom(int first)
        {
            if (first != 0)
            {
                throw new InvalidOperationException("only the first instruction of a block crosses a page");
            }
        }

        internal Span<byte> Append(int count)
        {
            Span<byte> added = _bytes.AsSpan(_count, count);
            _count += count;
            return added;
        }

        public override int ReadByte() => Position < _count ? _bytes[Position++] : -1;
    }
}
