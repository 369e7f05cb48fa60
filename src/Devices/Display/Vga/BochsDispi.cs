using System;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>A mode of the DISPI interface, within the bounds of the video memory whatever the registers hold.</summary>
/// <param name="Width">Pixels of a line, 8 to 4096.</param>
/// <param name="Height">Lines, 1 to 4096.</param>
/// <param name="Bits">4, 8, 15, 16, 24 or 32 bits a pixel.</param>
/// <param name="PitchBytes">Bytes of video memory from line to line.</param>
/// <param name="StartBytes">Byte of video memory of the first pixel; with the last line's end inside the memory.</param>
internal readonly record struct DispiMode(int Width, int Height, int Bits, int PitchBytes, long StartBytes);

/// <summary>
/// The Bochs "DISPI" registers by which firmware and drivers set super-VGA modes (Bochs VBE documentation; QEMU's page on the standard VGA).
/// Values that the memory cannot hold are made to fit when they are written, as the interface's guests expect to read them back.
/// Not modelled: bank granularities other than 64 KiB, DDC.
/// </summary>
internal sealed class BochsDispi(GuestRam memory)
{
    /// <summary>Number of registers.</summary>
    public const int Count = 11;

    /// <summary>Largest width and height.</summary>
    public const int MaxSide = 4096;

    private const int Id = 0;
    private const int XResolution = 1;
    private const int YResolution = 2;
    private const int BitsPerPixel = 3;
    private const int Enable = 4;
    private const int Bank = 5;
    private const int VirtualWidth = 6;
    private const int VirtualHeight = 7;
    private const int XOffset = 8;
    private const int YOffset = 9;
    private const int Memory64K = 10;

    private const ushort Enabled = 0x01;
    private const ushort GetCapabilities = 0x02;
    private const ushort WideDac = 0x20;
    private const ushort KeepMemory = 0x80;
    private const ushort EnableBits = Enabled | GetCapabilities | WideDac | 0x40 | KeepMemory;
    private const ushort FirstId = 0xB0C0;
    private const ushort LastId = 0xB0C5;

    private readonly ushort[] _registers = new ushort[Memory64K];
    private ushort _index;
    private byte _low;

    /// <summary>Whether a mode is set, instead of what the VGA's registers say.</summary>
    public bool IsEnabled => (_registers[Enable] & Enabled) != 0;

    /// <summary>Whether a mode with a byte or more a pixel is set: video memory is linear.</summary>
    public bool IsLinear => IsEnabled && _registers[BitsPerPixel] > 4;

    /// <summary>Whether the DAC shall have 8 bits.</summary>
    public bool WantsWideDac => (_registers[Enable] & WideDac) != 0;

    /// <summary>The 64 KiB piece of memory, or of each plane, that the window at 0xA0000 shows.</summary>
    public int BankNumber => IsEnabled ? _registers[Bank] : 0;

    /// <summary>The mode; must be enabled.</summary>
    public DispiMode Mode
    {
        get
        {
            int bits = Depth(_registers[BitsPerPixel]);
            int width = Math.Clamp(_registers[XResolution] & ~7, 8, MaxSide);
            int virtualWidth = Math.Clamp(_registers[VirtualWidth] & ~7, width, ushort.MaxValue & ~7);
            int pitch = BytesOf(virtualWidth, bits);
            int most = (int)Math.Min(MaxSide, memory.LengthBytes / pitch);
            if (most == 0)
            {
                // Not even one line of that virtual width: the memory is small.
                virtualWidth = width;
                pitch = BytesOf(width, bits);
                most = (int)Math.Clamp(memory.LengthBytes / pitch, 1, MaxSide);
            }

            int height = Math.Clamp((int)_registers[YResolution], 1, most);
            long start = BytesOf(_registers[XOffset], bits) + ((long)_registers[YOffset] * pitch);
            long last = memory.LengthBytes - ((long)(height - 1) * pitch) - BytesOf(width, bits);
            return new DispiMode(width, height, bits, pitch, Math.Clamp(start, 0, Math.Max(0, last)));
        }
    }

    public void Reset()
    {
        Array.Clear(_registers);
        _registers[Id] = LastId;
        _registers[BitsPerPixel] = 8;
        _index = 0;
        _low = 0;
    }

    /// <summary>Reads at the index port (offset 0) or the data port behind it (offset 1, whose second byte is offset 2).</summary>
    public bool TryReadPort(uint offset, AccessSize size, out ulong value)
    {
        switch (offset)
        {
            case 0:
                value = _index & size.AllOnes();
                return size <= AccessSize.Word;
            case 1:
            case 2:
                value = (uint)(Read(_index) >> ((int)(offset - 1) * 8)) & size.AllOnes();
                return true;
            default:
                value = 0;
                return false;
        }
    }

    /// <summary>
    /// Writes at those ports. The data port is odd, so its words come as two bytes, and the second takes effect.
    /// </summary>
    public bool TryWritePort(uint offset, AccessSize size, ulong value)
    {
        switch (offset)
        {
            case 0:
                _index = (ushort)value;
                return size <= AccessSize.Word;
            case 1 when size == AccessSize.Word:
                Write(_index, (ushort)value);
                return true;
            case 1:
                _low = (byte)value;
                return true;
            case 2:
                Write(_index, (ushort)((byte)value << 8 | _low));
                return true;
            default:
                return false;
        }
    }

    /// <summary>Reads a register; one that does not exist is 0.</summary>
    public ushort Read(int register)
    {
        if ((_registers[Enable] & GetCapabilities) != 0)
        {
            switch (register)
            {
                case XResolution:
                case YResolution:
                    return MaxSide;
                case BitsPerPixel:
                    return 32;
            }
        }

        return register switch
        {
            Memory64K => (ushort)Math.Min(memory.LengthBytes >> 16, ushort.MaxValue),
            VirtualHeight when IsEnabled => (ushort)Math.Min(memory.LengthBytes / Mode.PitchBytes, ushort.MaxValue),
            >= 0 and < Memory64K => _registers[register],
            _ => 0,
        };
    }

    /// <summary>Writes a register; one that does not exist or is read-only ignores it.</summary>
    public void Write(int register, ushort value)
    {
        switch (register)
        {
            case Id:
                if (value is >= FirstId and <= LastId)
                {
                    _registers[Id] = value;
                }

                break;
            case XResolution:
            case YResolution:
            case BitsPerPixel:
            case VirtualWidth:
            case XOffset:
            case YOffset:
                _registers[register] = value;
                Fit();
                break;
            case Bank:
                _registers[Bank] = (ushort)(value & BankMask);
                break;
            case Enable:
                WriteEnable((ushort)(value & EnableBits));
                break;
        }
    }

    public void Save(IStateWriter to)
    {
        to.Write("dispiIndex", (ulong)_index);
        to.Write("dispiLow", (ulong)_low);
        foreach (ushort register in _registers)
        {
            to.Write("dispi", (ulong)register);
        }
    }

    public void Restore(IStateReader from)
    {
        _index = (ushort)from.ReadUnsigned("dispiIndex", ushort.MaxValue);
        _low = (byte)from.ReadUnsigned("dispiLow", 0xFF);
        for (int i = 0; i < _registers.Length; i++)
        {
            _registers[i] = (ushort)from.ReadUnsigned("dispi", ushort.MaxValue);
        }

        if (_registers[Id] is < FirstId or > LastId || (_registers[Enable] & ~EnableBits) != 0 || _registers[Bank] > memory.LengthBytes >> 16)
        {
            throw new StateFormatException("dispi: no such identity, enable bits or bank");
        }
    }

    // Planes have a quarter of the memory each.
    private int BankMask => (int)((memory.LengthBytes >> 16) - 1) >> (IsEnabled && !IsLinear ? 2 : 0);

    private static int Depth(int bits) => bits switch
    {
        4 or 8 or 15 or 16 or 24 or 32 => bits,
        _ => 8,
    };

    // Four planes of a bit a pixel lie byte beside byte, so that 4 bits a pixel count like any other depth.
    private static int BytesOf(int pixels, int bits) => (int)((long)pixels * (bits == 15 ? 16 : bits) / 8);

    private void WriteEnable(ushort value)
    {
        bool wasEnabled = IsEnabled;
        _registers[Enable] = value;
        if (!IsEnabled)
        {
            _registers[Bank] = 0;
            return;
        }

        if (!wasEnabled)
        {
            _registers[VirtualWidth] = _registers[XOffset] = _registers[YOffset] = 0;
            Fit();
            if ((value & KeepMemory) == 0)
            {
                DispiMode mode = Mode;
                memory.Fill(0, (int)Math.Min(memory.LengthBytes, (long)mode.Height * mode.PitchBytes), 0);
            }
        }
    }

    // Guests set several registers one after the other, so nothing is corrected before the mode is on.
    private void Fit()
    {
        if (!IsEnabled)
        {
            return;
        }

        _registers[BitsPerPixel] = (ushort)Depth(_registers[BitsPerPixel]);
        DispiMode mode = Mode;
        int bits = mode.Bits == 15 ? 16 : mode.Bits;
        _registers[XResolution] = (ushort)mode.Width;
        _registers[YResolution] = (ushort)mode.Height;
        _registers[VirtualWidth] = (ushort)(mode.PitchBytes * 8 / bits);
        long start = BytesOf(_registers[XOffset], bits) + ((long)_registers[YOffset] * mode.PitchBytes);
        if (start != mode.StartBytes)
        {
            _registers[YOffset] = (ushort)Math.Min(ushort.MaxValue, mode.StartBytes / mode.PitchBytes);
            _registers[XOffset] = (ushort)Math.Min(ushort.MaxValue, mode.StartBytes % mode.PitchBytes * 8 / bits);
        }

        _registers[Bank] &= (ushort)BankMask;
    }
}
