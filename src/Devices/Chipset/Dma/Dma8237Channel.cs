using System;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Dma.Dma8237Registers;

namespace Doppel.Devices.Chipset.Dma;

/// <summary>
/// The registers of one channel and the arithmetic of a transfer. Single, demand and block mode differ only in how long the bus is held, which
/// does not exist here. The address counts within its 16 bits, so that a transfer never leaves its 64 KiB (128 KiB in words) page.
/// </summary>
internal sealed class Dma8237Channel
{
    private ushort _baseAddress;
    private ushort _baseCount;
    private ushort _address;
    private ushort _count;

    /// <summary>Mode register; bits 1:0 are 0.</summary>
    public byte Mode { get; set; }

    /// <summary>Units left less one.</summary>
    public ushort Count => _count;

    /// <summary>Present address, in units.</summary>
    public ushort Address => _address;

    /// <summary>Whether the device at this channel masters the bus itself.</summary>
    public bool IsCascade => (Mode & ModeCascade) == ModeCascade;

    /// <summary>Writes one half of base and current address.</summary>
    public void WriteAddress(byte value, bool high) => _address = _baseAddress = Half(_baseAddress, value, high);

    /// <summary>Writes one half of base and current count.</summary>
    public void WriteCount(byte value, bool high) => _count = _baseCount = Half(_baseCount, value, high);

    /// <summary>Whether a transfer in this direction is what the guest programmed.</summary>
    public bool Allows(bool toMemory) => !IsCascade && (Mode & ModeTransfer) switch
    {
        TransferVerify => true,
        TransferWrite => toMemory,
        TransferRead => !toMemory,
        _ => false,
    };

    /// <summary>Moves what of <paramref name="buffer"/> the count allows.</summary>
    /// <param name="buffer">The device's bytes.</param>
    /// <param name="toMemory">Direction; the caller has asked <see cref="Allows"/>.</param>
    /// <param name="unit">1 byte, or 2 at the second controller.</param>
    /// <param name="page">Physical address of the page.</param>
    /// <param name="memory">Guest memory.</param>
    /// <param name="terminalCount">The count ran out.</param>
    /// <returns>Bytes moved or, when verifying, counted.</returns>
    public int Move(Span<byte> buffer, bool toMemory, int unit, uint page, IDmaPort memory, out bool terminalCount)
    {
        terminalCount = false;
        int units = buffer.Length / unit;
        int done = 0;
        while (done < units && !terminalCount)
        {
            bool down = (Mode & ModeDecrement) != 0;
            int run = Math.Min(units - done, _count + 1);
            run = down ? 1 : Math.Min(run, 0x1_0000 - _address);
            Carry(buffer.Slice(done * unit, run * unit), toMemory, new Gpa(page + ((uint)_address * (uint)unit)), memory);
            _address = (ushort)(down ? _address - 1 : _address + run);
            terminalCount = run > _count;
            _count = (ushort)(_count - run);
            done += run;
        }

        if (terminalCount && (Mode & ModeAutoInitialize) != 0)
        {
            _address = _baseAddress;
            _count = _baseCount;
        }

        return done * unit;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("channel", 1);
        to.Write("baseAddress", (ulong)_baseAddress);
        to.Write("baseCount", (ulong)_baseCount);
        to.Write("address", (ulong)_address);
        to.Write("count", (ulong)_count);
        to.Write("mode", (ulong)Mode);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("channel", 1);
        _baseAddress = (ushort)from.ReadUnsigned("baseAddress", 0xFFFF);
        _baseCount = (ushort)from.ReadUnsigned("baseCount", 0xFFFF);
        _address = (ushort)from.ReadUnsigned("address", 0xFFFF);
        _count = (ushort)from.ReadUnsigned("count", 0xFFFF);
        Mode = (byte)from.ReadUnsigned("mode", 0xFF);
        from.End();
    }

    private static ushort Half(ushort old, byte value, bool high) =>
        (ushort)(high ? (old & 0x00FF) | (value << 8) : (old & 0xFF00) | value);

    // Verify cycles drive no memory strobes: a device that reads then sees the undriven bus.
    private void Carry(Span<byte> bytes, bool toMemory, Gpa at, IDmaPort memory)
    {
        bool verify = (Mode & ModeTransfer) == TransferVerify;
        if (toMemory)
        {
            if (!verify)
            {
                memory.TryWrite(at, bytes);
            }
        }
        else if (verify || !memory.TryRead(at, bytes))
        {
            bytes.Fill(0xFF);
        }
    }
}
