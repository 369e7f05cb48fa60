using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Doppel.Backends.Tests.Vnc;

/// <summary>A VNC client written from the RFC alone. Fails the test on anything that the RFC does not allow.</summary>
internal sealed class RfbTestClient : IDisposable
{
    internal const int Raw = 0;
    internal const int CopyRect = 1;
    internal const int Zrle = 16;
    internal const int DesktopSize = -223;
    internal const int Cursor = -239;
    internal const int RelativePointer = -257;
    internal const int ExtendedKeys = -258;

    private readonly Stream _stream;
    private readonly ZrleReader _zrle = new();

    internal RfbTestClient(int port)
        : this(Connect(port))
    {
    }

    internal RfbTestClient(Stream stream) => _stream = stream;

    internal RfbFormat Format { get; private set; } = RfbFormat.Native;

    internal int Width { get; private set; }

    internal int Height { get; private set; }

    internal uint[] Pixels { get; private set; } = [];

    internal string Name { get; private set; } = string.Empty;

    internal string ServerVersion { get; private set; } = string.Empty;

    /// <summary>Encodings of the rectangles that came, with how many there were.</summary>
    internal Dictionary<int, int> Seen { get; } = [];

    internal int LastRectangles { get; private set; }

    internal static Stream Connect(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        socket.Connect(IPAddress.Loopback, port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    internal static RfbTestClient Open(int port, string format, params int[] encodings)
    {
        RfbTestClient client = new(port);
        client.Handshake();
        client.SetFormat(RfbFormat.Named(format));
        client.SetEncodings(encodings);
        return client;
    }

    internal void Handshake(string version = "003.008", Func<byte[], byte[]>? answer = null)
    {
        ServerVersion = Encoding.ASCII.GetString(Read(12));
        Send(Encoding.ASCII.GetBytes($"RFB {version}\n"));
        byte expected = answer is null ? (byte)1 : (byte)2;
        if (version == "003.003")
        {
            Assert.Equal(expected, U32());
        }
        else
        {
            Assert.Equal(expected, Assert.Single(Read(Read(1)[0])));
            Send([expected]);
        }

        if (answer is not null)
        {
            Send(answer(Read(16)));
        }

        if (version == "003.008" || answer is not null)
        {
            Assert.Equal(0u, U32());
        }

        Send([1]);
        ReadServerInit();
    }

    internal void SetFormat(RfbFormat format)
    {
        byte[] message = new byte[20];
        message[4] = (byte)format.Bits;
        message[5] = (byte)format.Depth;
        message[6] = format.BigEndian ? (byte)1 : (byte)0;
        message[7] = format.TrueColour ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(8), (ushort)format.RedMax);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(10), (ushort)format.GreenMax);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(12), (ushort)format.BlueMax);
        (message[14], message[15], message[16]) = ((byte)format.RedShift, (byte)format.GreenShift, (byte)format.BlueShift);
        Send(message);
        Format = format;
    }

    internal void SetEncodings(params int[] encodings)
    {
        byte[] message = new byte[4 + (4 * encodings.Length)];
        message[0] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)encodings.Length);
        for (int i = 0; i < encodings.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4 + (4 * i)), encodings[i]);
        }

        Send(message);
    }

    internal void Request(bool isIncremental) => Request(isIncremental, 0, 0, Width, Height);

    internal void Request(bool isIncremental, int x, int y, int width, int height)
    {
        byte[] message = new byte[10];
        message[0] = 3;
        message[1] = isIncremental ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)x);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), (ushort)y);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(8), (ushort)height);
        Send(message);
    }

    internal void Key(uint keysym, bool isDown)
    {
        byte[] message = [4, isDown ? (byte)1 : (byte)0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), keysym);
        Send(message);
    }

    internal void ExtendedKey(uint keysym, uint code, bool isDown)
    {
        byte[] message = [255, 0, 0, isDown ? (byte)1 : (byte)0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), keysym);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), code);
        Send(message);
    }

    internal void Pointer(int bits, int x, int y) => Send([5, (byte)bits, (byte)(x >> 8), (byte)x, (byte)(y >> 8), (byte)y]);

    internal void Send(byte[] bytes) => _stream.Write(bytes);

    internal byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        _stream.ReadExactly(bytes);
        return bytes;
    }

    internal ushort U16() => BinaryPrimitives.ReadUInt16BigEndian(Read(2));

    internal uint U32() => BinaryPrimitives.ReadUInt32BigEndian(Read(4));

    /// <summary>Asks until the picture is this one; a server that forgets something lets the read time out.</summary>
    internal void SyncTo(ScreenPicture picture)
    {
        while (!Shows(picture))
        {
            Request(isIncremental: true);
            ReadUpdate();
        }
    }

    internal bool Shows(ScreenPicture picture)
    {
        if (picture.Width != Width || picture.Height != Height)
        {
            return false;
        }

        for (int i = 0; i < Pixels.Length; i++)
        {
            if (Pixels[i] != Format.Translate(picture.Pixels[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads messages up to and with the next FramebufferUpdate.</summary>
    internal void ReadUpdate()
    {
        byte type = Read(1)[0];
        if (type == 1)
        {
            Assert.False(Format.TrueColour);
            Read(1);
            Assert.Equal(0, U16());
            Read(6 * U16());
            type = Read(1)[0];
        }

        Assert.Equal(0, type);
        Read(1);
        LastRectangles = U16();
        for (int i = 0; i < LastRectangles; i++)
        {
            ReadRectangle();
        }
    }

    /// <summary>Whether the server ends the connection.</summary>
    internal bool IsDropped()
    {
        try
        {
            byte[] buffer = new byte[4096];
            while (_stream.Read(buffer) != 0)
            {
            }

            return true;
        }
        catch (IOException error)
        {
            return error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted };
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _zrle.Dispose();
    }

    private void ReadServerInit()
    {
        (Width, Height) = (U16(), U16());
        Pixels = new uint[Width * Height];
        Assert.Equal([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0], Read(16));
        Name = Encoding.UTF8.GetString(Read((int)U32()));
    }

    private void ReadRectangle()
    {
        (int x, int y, int width, int height) = (U16(), U16(), U16(), U16());
        int encoding = (int)U32();
        Seen[encoding] = Seen.GetValueOrDefault(encoding) + 1;
        switch (encoding)
        {
            case DesktopSize:
                (Width, Height, Pixels) = (width, height, new uint[width * height]);
                return;
            case Cursor:
                Read((width * height * Format.Bytes) + (height * ((width + 7) / 8)));
                return;
            case ExtendedKeys or RelativePointer:
                Assert.Equal(0, x);
                return;
            default:
                break;
        }

        Assert.True(width > 0 && height > 0 && x + width <= Width && y + height <= Height, $"rectangle {x},{y} {width}x{height} outside {Width}x{Height}");
        switch (encoding)
        {
            case Raw:
                byte[] pixels = Read(width * height * Format.Bytes);
                for (int i = 0; i < width * height; i++)
                {
                    Pixels[((y + (i / width)) * Width) + x + (i % width)] = Format.Read(pixels.AsSpan(i * Format.Bytes));
                }

                break;
            case CopyRect:
                Copy(U16(), U16(), x, y, width, height);
                break;
            case Zrle:
                _zrle.Read(Read((int)U32()), Format, width, height, (dx, dy, pixel) => Pixels[((y + dy) * Width) + x + dx] = pixel);
                break;
            default:
                Assert.Fail($"encoding {encoding} was not asked for");
                break;
        }
    }

    private void Copy(int fromX, int fromY, int x, int y, int width, int height)
    {
        uint[] old = (uint[])Pixels.Clone();
        for (int row = 0; row < height; row++)
        {
            old.AsSpan(((fromY + row) * Width) + fromX, width).CopyTo(Pixels.AsSpan(((y + row) * Width) + x));
        }
    }
}
