using System;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// The palette DAC: 256 entries of three components, reached one component at a time. Components have 6 bits, or 8 when the DISPI interface
/// says so; entries keep their colour when that changes.
/// </summary>
internal sealed class VgaDac
{
    private readonly byte[] _entries = new byte[256 * 3];
    private byte _mask;
    private byte _readIndex;
    private byte _writeIndex;
    private byte _component;
    private bool _reading;
    private byte _red;
    private byte _green;

    /// <summary>Whether components have 8 bits.</summary>
    public bool IsWide { get; private set; }

    /// <summary>ANDed to every colour number that is shown.</summary>
    public byte Mask => _mask;

    /// <summary>All components.</summary>
    public ReadOnlySpan<byte> Entries => _entries;

    public void Reset()
    {
        Array.Clear(_entries);
        _mask = 0xFF;
        _readIndex = _writeIndex = _component = _red = _green = 0;
        _reading = IsWide = false;
    }

    /// <summary>Switches between 6 and 8 bits.</summary>
    public void SetWide(bool wide)
    {
        if (wide == IsWide)
        {
            return;
        }

        IsWide = wide;
        foreach (ref byte component in _entries.AsSpan())
        {
            component = (byte)(wide ? component << 2 : component >> 2);
        }
    }

    /// <summary>What a colour number shows as, 0x00RRGGBB; the mask is applied.</summary>
    public uint Colour(int number)
    {
        int at = (number & _mask) * 3;
        return ((uint)Level(_entries[at]) << 16) | ((uint)Level(_entries[at + 1]) << 8) | Level(_entries[at + 2]);
    }

    public byte Read(ushort port)
    {
        switch (port)
        {
            case VgaPort.DacMask:
                return _mask;
            case VgaPort.DacReadIndex:
                return _reading ? (byte)3 : (byte)0;
            case VgaPort.DacWriteIndex:
                return _writeIndex;
            default:
                byte value = _entries[(_readIndex * 3) + _component];
                if (++_component == 3)
                {
                    _component = 0;
                    _readIndex++;
                }

                return value;
        }
    }

    public void Write(ushort port, byte value)
    {
        switch (port)
        {
            case VgaPort.DacMask:
                _mask = value;
                break;
            case VgaPort.DacReadIndex:
                (_readIndex, _component, _reading) = (value, 0, true);
                break;
            case VgaPort.DacWriteIndex:
                (_writeIndex, _component, _reading) = (value, 0, false);
                break;
            default:
                WriteComponent(IsWide ? value : (byte)(value & 0x3F));
                break;
        }
    }

    public void Save(IStateWriter to)
    {
        to.Write("dac", _entries);
        to.Write("dacMask", (ulong)_mask);
        to.Write("dacRead", (ulong)_readIndex);
        to.Write("dacWrite", (ulong)_writeIndex);
        to.Write("dacComponent", (ulong)_component);
        to.Write("dacReading", _reading);
        to.Write("dacRed", (ulong)_red);
        to.Write("dacGreen", (ulong)_green);
        to.Write("dacWide", IsWide);
    }

    public void Restore(IStateReader from)
    {
        from.ReadBytes("dac", _entries);
        _mask = (byte)from.ReadUnsigned("dacMask", 0xFF);
        _readIndex = (byte)from.ReadUnsigned("dacRead", 0xFF);
        _writeIndex = (byte)from.ReadUnsigned("dacWrite", 0xFF);
        _component = (byte)from.ReadUnsigned("dacComponent", 2);
        _reading = from.ReadBool("dacReading");
        _red = (byte)from.ReadUnsigned("dacRed", 0xFF);
        _green = (byte)from.ReadUnsigned("dacGreen", 0xFF);
        IsWide = from.ReadBool("dacWide");
        if (!IsWide && _entries.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)0x3F))
        {
            throw new StateFormatException("dac: more than 6 bits");
        }
    }

    // The lowest of 6 bits fills the two that are missing: black stays black and full stays full.
    private byte Level(byte component) => IsWide ? component : (byte)((component << 2) | ((component & 1) * 3));

    // An entry changes only when its third component arrives.
    private void WriteComponent(byte value)
    {
        switch (_component)
        {
            case 0:
                (_red, _component) = (value, 1);
                break;
            case 1:
                (_green, _component) = (value, 2);
                break;
            default:
                int at = _writeIndex * 3;
                (_entries[at], _entries[at + 1], _entries[at + 2], _component) = (_red, _green, value, 0);
                _writeIndex++;
                break;
        }
    }
}
