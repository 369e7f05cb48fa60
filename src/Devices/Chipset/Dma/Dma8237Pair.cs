using System;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Dma.Dma8237Registers;

namespace Doppel.Devices.Chipset.Dma;

/// <summary>
/// The two DMA controllers of an AT (IBM AT technical reference, "DMA Controller"): channels 0 to 3 move bytes (ports 0x00-0x0F), 5 to 7 words (ports 0xC0-0xDF,
/// a register every two ports), with page registers at 0x81-0x8F. The first controller requests the bus through channel 4 of the second, so nothing
/// moves on channels 0 to 3 while channel 4 is masked. After a reset channel 4 is open in cascade mode, as firmware leaves
/// it: kernels that are started without firmware rely on that.
/// </summary>
public sealed class Dma8237Pair : IDevice, IRegisterBlock, IIsaDma
{
    private const int CascadeChannel = 4;
    private readonly Dma8237 _bytes = new();
    private readonly Dma8237 _words = new();
    private readonly DmaPageRegisters _pages = new();
    private readonly Wire?[] _wires;
    private readonly SecondBlock _second;
    private IDmaPort _memory = null!;

    /// <summary>Creates the controllers.</summary>
    public Dma8237Pair()
    {
        _second = new SecondBlock(_words);
        _wires = new Wire?[8];
        for (int i = 0; i < _wires.Length; i++)
        {
            _wires[i] = i == CascadeChannel ? null : new Wire(this, i);
        }
    }

    /// <inheritdoc/>
    public string Name => "dma";

    /// <inheritdoc/>
    public IIsaDmaChannel Channel(int number) => (uint)number < (uint)_wires.Length && _wires[number] is { } wire
        ? wire
        : throw new ArgumentOutOfRangeException(nameof(number), number, "channels are 0 to 3 and 5 to 7");

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _memory = slot.Dma;
        slot.ClaimPorts("dma1", 0x00, 16, this);
        slot.ClaimPorts("dmapage", DmaPageRegisters.FirstPort, DmaPageRegisters.PortCount, _pages);
        slot.ClaimPorts("dma2", 0xC0, 32, _second);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        foreach (Dma8237 chip in new[] { _bytes, _words })
        {
            chip.Clear();
            for (uint i = 0; i < 4; i++)
            {
                chip.Write(Mode, (byte)i);
                chip.Write(ClearFlipFlop, 0);
                foreach (uint register in new[] { i * 2, (i * 2) + 1 })
                {
                    chip.Write(register, 0);
                    chip.Write(register, 0);
                }
            }
        }

        _words.Write(Mode, ModeCascade);
        _words.Write(SingleMask, 0);
        _pages.Reset();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        bool answers = _bytes.TryRead(offset, out byte read);
        value = read;
        return answers;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        _bytes.Write(offset, (byte)value);
        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        _bytes.Save(to);
        _words.Save(to);
        _pages.Save(to);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _bytes.Restore(from);
        _words.Restore(from);
        _pages.Restore(from);
        from.End();
    }

    /// <summary>The second controller: address line 0 does not reach it, so each register answers at two ports.</summary>
    private sealed class SecondBlock(Dma8237 chip) : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            bool answers = chip.TryRead(offset >> 1, out byte read);
            value = read;
            return answers;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value)
        {
            chip.Write(offset >> 1, (byte)value);
            return true;
        }
    }

    /// <summary>A channel as the device on it sees it.</summary>
    private sealed class Wire(Dma8237Pair pair, int number) : IIsaDmaChannel
    {
        private Dma8237 Chip => number < CascadeChannel ? pair._bytes : pair._words;

        public bool IsReady => Chip.IsOpen(number & 3) && !Chip[number & 3].IsCascade && (number > CascadeChannel || pair._words.IsOpen(0));

        public void SetRequest(bool high) => Chip.SetLine(number & 3, high);

        public int Move(Span<byte> buffer, bool toMemory, out bool terminalCount)
        {
            terminalCount = false;
            Dma8237Channel channel = Chip[number & 3];
            if (!IsReady || !channel.Allows(toMemory))
            {
                return 0;
            }

            // Word channels drive address bits 16:1, so that bit 0 of their page does not count.
            bool isWord = number > CascadeChannel;
            uint page = (uint)(isWord ? pair._pages[number] & 0xFE : pair._pages[number]) << 16;
            int moved = channel.Move(buffer, toMemory, isWord ? 2 : 1, page, pair._memory, out terminalCount);
            if (terminalCount)
            {
                Chip.EndProcess(number & 3);
            }

            return moved;
        }
    }
}
