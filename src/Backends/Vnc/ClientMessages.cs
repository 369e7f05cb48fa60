using System;
using Doppel.Backends.Vnc.Keys;
using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc;

/// <summary>Reads what a client says after the handshake (RFC 6143, 7.5). The client's reader thread.</summary>
internal sealed class ClientMessages
{
    /// <summary>More in a clipboard ends the client; what it holds is dropped anyway.</summary>
    internal const uint MaxCutTextBytes = 1 << 20;

    private const int MaxEncodings = 1024;

    private readonly RfbReader _from;
    private readonly ClientUpdates _updates;
    private readonly ClientKeys _keys;
    private readonly ClientPointer _pointer;

    internal ClientMessages(RfbReader from, ClientUpdates updates, ClientKeys keys, ClientPointer pointer) =>
        (_from, _updates, _keys, _pointer) = (from, updates, keys, pointer);

    /// <summary>Reads until the connection ends, by an exception.</summary>
    /// <exception cref="RfbProtocolException">The client breaks the protocol.</exception>
    internal void Run()
    {
        while (true)
        {
            switch (_from.ReadByte())
            {
                case RfbNumbers.SetPixelFormat:
                    ReadPixelFormat();
                    break;
                case RfbNumbers.SetEncodings:
                    ReadEncodings();
                    break;
                case RfbNumbers.FramebufferUpdateRequest:
                    ReadRequest();
                    break;
                case RfbNumbers.KeyEvent:
                    bool isDown = _from.ReadByte() != 0;
                    _from.Skip(2);
                    _keys.ByMeaning(_from.ReadU32(), isDown);
                    break;
                case RfbNumbers.PointerEvent:
                    ReadPointer();
                    break;
                case RfbNumbers.ClientCutText:
                    _from.Skip(3);
                    SkipCutText(_from.ReadU32());
                    break;
                case RfbNumbers.QemuMessage:
                    ReadExtendedKey();
                    break;
                case var type:
                    throw new RfbProtocolException($"sent a message of type {type}, which does not exist");
            }
        }
    }

    private void ReadPixelFormat()
    {
        Span<byte> format = stackalloc byte[PixelFormat.LengthBytes];
        _from.Skip(3);
        _from.ReadExactly(format);
        _updates.SetFormat(PixelFormat.Parse(format));
    }

    private void ReadEncodings()
    {
        _from.Skip(1);
        int count = _from.ReadU16();
        Span<int> encodings = stackalloc int[Math.Min(count, MaxEncodings)];
        for (int i = 0; i < count; i++)
        {
            int encoding = _from.ReadI32();
            if (i < encodings.Length)
            {
                encodings[i] = encoding;
            }
        }

        _updates.SetAbilities(new Abilities(encodings));
    }

    private void ReadRequest()
    {
        bool isIncremental = _from.ReadByte() != 0;
        int x = _from.ReadU16();
        int y = _from.ReadU16();
        int width = _from.ReadU16();
        int height = _from.ReadU16();
        _updates.Request(new ScreenArea(x, y, width, height), isIncremental);
    }

    private void ReadPointer()
    {
        int bits = _from.ReadByte();
        int x = _from.ReadU16();
        int y = _from.ReadU16();
        if (_updates.IsPointerRelative)
        {
            _pointer.Relative(x, y, bits);
        }
        else
        {
            _pointer.Absolute(x, y, bits, _updates.Width, _updates.Height);
        }
    }

    private void SkipCutText(uint length)
    {
        if (length > MaxCutTextBytes)
        {
            throw new RfbProtocolException($"sent a clipboard of {length} bytes, more than {MaxCutTextBytes}");
        }

        _from.Skip(length);
    }

    private void ReadExtendedKey()
    {
        if (_from.ReadByte() is var type && type != RfbNumbers.QemuExtendedKey)
        {
            throw new RfbProtocolException($"sent a QEMU message of type {type}, which was not offered");
        }

        bool isDown = _from.ReadU16() != 0;
        uint keysym = _from.ReadU32();
        uint code = _from.ReadU32();
        if (code == 0)
        {
            _keys.ByMeaning(keysym, isDown);
        }
        else
        {
            _keys.ByPlace(code, isDown);
        }
    }
}
