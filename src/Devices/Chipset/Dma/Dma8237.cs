using Doppel.Primitives;
using static Doppel.Devices.Chipset.Dma.Dma8237Registers;

namespace Doppel.Devices.Chipset.Dma;

/// <summary>
/// One 8237A: four channels behind sixteen registers (Intel 8237A datasheet 231466). Not modelled: memory-to-memory transfers (a PC's channel 0 is
/// not wired for them), rotating priority and timing bits of the command register, and what a software request would move without a device.
/// </summary>
internal sealed class Dma8237
{
    private const byte AllChannels = 0x0F;
    private readonly Dma8237Channel[] _channels = [new(), new(), new(), new()];
    private byte _command;
    private byte _mask = AllChannels;
    private byte _requests;
    private byte _lines;
    private byte _terminalCounts;
    private bool _highByte;

    /// <summary>A channel's registers.</summary>
    public Dma8237Channel this[int channel] => _channels[channel];

    /// <summary>The state after RESET, which is that of a master clear; addresses, counts and modes stay.</summary>
    public void Clear()
    {
        _command = 0;
        _mask = AllChannels;
        _requests = 0;
        _terminalCounts = 0;
        _highByte = false;
    }

    /// <summary>Whether a channel's transfers are let through.</summary>
    public bool IsOpen(int channel) => (_mask & (1 << channel)) == 0 && (_command & CommandDisable) == 0;

    /// <summary>Drives DREQ of a channel.</summary>
    public void SetLine(int channel, bool high) => _lines = (byte)(high ? _lines | (1 << channel) : _lines & ~(1 << channel));

    /// <summary>A channel reached terminal count: it is masked unless it starts anew by itself.</summary>
    public void EndProcess(int channel)
    {
        int bit = 1 << channel;
        _terminalCounts |= (byte)bit;
        _requests &= (byte)~bit;
        if ((_channels[channel].Mode & ModeAutoInitialize) == 0)
        {
            _mask |= (byte)bit;
        }
    }

    /// <summary>Reads a register. False: write-only.</summary>
    public bool TryRead(uint offset, out byte value)
    {
        if (offset < FirstShared)
        {
            Dma8237Channel channel = _channels[offset >> 1];
            int word = (offset & 1) == 0 ? channel.Address : channel.Count;
            value = (byte)(_highByte ? word >> 8 : word);
            _highByte = !_highByte;
            return true;
        }

        switch (offset)
        {
            case StatusCommand:
                value = (byte)(((_lines | _requests) << 4) | _terminalCounts);
                _terminalCounts = 0;
                return true;
            case MasterClear:
                value = 0; // the temporary register serves memory-to-memory transfers only
                return true;
            case AllMask:
                value = _mask;
                return true;
            default:
                value = 0xFF;
                return false;
        }
    }

    /// <summary>Writes a register, 0 to 15.</summary>
    public void Write(uint offset, byte value)
    {
        int bit = 1 << (value & 3);
        switch (offset)
        {
            case < FirstShared:
                WriteChannel(_channels[offset >> 1], (offset & 1) != 0, value);
                break;
            case StatusCommand:
                _command = value;
                break;
            case Request:
                _requests = (byte)((value & SetBit) != 0 ? _requests | bit : _requests & ~bit);
                break;
            case SingleMask:
                _mask = (byte)((value & SetBit) != 0 ? _mask | bit : _mask & ~bit);
                break;
            case Mode:
                _channels[value & 3].Mode = (byte)(value & 0xFC);
                break;
            case ClearFlipFlop:
                _highByte = false;
                break;
            case MasterClear:
                Clear();
                break;
            case ClearMask:
                _mask = 0;
                break;
            default:
                _mask = (byte)(value & AllChannels);
                break;
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("controller", 1);
        to.Write("command", (ulong)_command);
        to.Write("mask", (ulong)_mask);
        to.Write("requests", (ulong)_requests);
        to.Write("lines", (ulong)_lines);
        to.Write("terminalCounts", (ulong)_terminalCounts);
        to.Write("highByte", _highByte);
        foreach (Dma8237Channel channel in _channels)
        {
            channel.Save(to);
        }

        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("controller", 1);
        _command = (byte)from.ReadUnsigned("command", 0xFF);
        _mask = (byte)from.ReadUnsigned("mask", AllChannels);
        _requests = (byte)from.ReadUnsigned("requests", AllChannels);
        _lines = (byte)from.ReadUnsigned("lines", AllChannels);
        _terminalCounts = (byte)from.ReadUnsigned("terminalCounts", AllChannels);
        _highByte = from.ReadBool("highByte");
        foreach (Dma8237Channel channel in _channels)
        {
            channel.Restore(from);
        }

        from.End();
    }

    private void WriteChannel(Dma8237Channel channel, bool count, byte value)
    {
        if (count)
        {
            channel.WriteCount(value, _highByte);
        }
        else
        {
            channel.WriteAddress(value, _highByte);
        }

        _highByte = !_highByte;
    }
}
