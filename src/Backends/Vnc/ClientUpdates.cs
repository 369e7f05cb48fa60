using System;
using System.Collections.Generic;
using System.Threading;
using Doppel.Backends.Vnc.Encodings;
using Doppel.Backends.Vnc.Updates;
using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc;

/// <summary>
/// What goes to one client: it asks, and gets what has changed since, once (RFC 6143, 7.5.3). The client's reader and the machine change what is
/// owed under the screen's lock; the client's sender takes it there and sends it outside.
/// </summary>
internal sealed class ClientUpdates : IDisposable
{
    private const int BlankWidth = 640;
    private const int BlankHeight = 480;
    private const int ColourMapEntries = 256;

    // The time between two updates, so that one client cannot keep a processor busy.
    private const int LeastMs = 5;

    private readonly SharedScreen _screen;
    private readonly RfbWriter _to;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ClientPicture _picture = new();
    private readonly List<ScreenArea> _areas = [];
    private readonly List<(ScreenArea Area, int Encoding)> _tidings = [];
    private ZrleEncoder? _zrle;
    private long _sentAt;
    private volatile bool _isOver;

    // Under the screen's lock.
    private ScreenArea _wanted;
    private ScreenArea _forced;
    private PixelTranslation _translation = new(PixelFormat.Native);
    private bool _owesColours;
    private bool _owesEverything;
    private Abilities _abilities = new([]);
    private Abilities _told = new([]);

    internal ClientUpdates(SharedScreen screen, RfbWriter to) => (_screen, _to) = (screen, to);

    /// <summary>What the client misses; under the screen's lock.</summary>
    internal DamageMap Damage { get; } = new();

    /// <summary>Width of the client's screen; the sender's thread, and before it runs.</summary>
    internal int Width => _picture.Shown.Width;

    /// <summary>Height of the client's screen.</summary>
    internal int Height => _picture.Shown.Height;

    /// <summary>Whether the client has been told to send movement instead of positions. Any thread.</summary>
    internal bool IsPointerRelative { get; private set; }

    internal void Wake() => _wake.Set();

    /// <summary>Has <see cref="Run"/> return. Any thread.</summary>
    internal void Stop()
    {
        _isOver = true;
        _wake.Set();
    }

    /// <summary>Fixes the size that ServerInit tells.</summary>
    internal void TakeSize()
    {
        lock (_screen.Gate)
        {
            bool isBlank = _screen.Picture.Width == 0 || _screen.Picture.Height == 0;
            _picture.Resize(isBlank ? BlankWidth : _screen.Picture.Width, isBlank ? BlankHeight : _screen.Picture.Height);
        }
    }

    internal void SetFormat(PixelFormat format)
    {
        PixelTranslation translation = new(format);
        lock (_screen.Gate)
        {
            _translation = translation;
            _owesColours = !format.IsTrueColour;
        }
    }

    internal void SetAbilities(Abilities abilities)
    {
        lock (_screen.Gate)
        {
            _abilities = abilities;
        }

        Wake();
    }

    internal void Request(ScreenArea area, bool isIncremental)
    {
        if (area.IsEmpty)
        {
            return;
        }

        lock (_screen.Gate)
        {
            _wanted = _wanted.Union(area);
            if (!isIncremental)
            {
                _forced = _forced.Union(area);
            }
        }

        Wake();
    }

    /// <summary>Sends updates until <see cref="Stop"/> or an error of the connection.</summary>
    internal void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            long early = LeastMs - (Environment.TickCount64 - _sentAt);
            if (early > 0)
            {
                Thread.Sleep((int)Math.Min(early, LeastMs));
            }

            if (_isOver)
            {
                return;
            }

            Send();
        }
    }

    public void Dispose()
    {
        _zrle?.Dispose();
        _wake.Dispose();
    }

    private void Send()
    {
        ScreenArea asked;
        PixelTranslation translation;
        Abilities abilities;
        bool owesColours;
        lock (_screen.Gate)
        {
            if (_wanted.IsEmpty)
            {
                return;
            }

            (asked, translation, abilities, owesColours) = (_wanted, _translation, _abilities, _owesColours);
            _tidings.Clear();
            if (!TakeResize())
            {
                ScreenArea forced = _owesEverything ? _picture.Whole : _forced;
                _owesEverything = false;
                _picture.Stage(_screen.Picture, Damage, _wanted, forced);
                _forced = default;
            }

            TakeTidings();
            (_wanted, _owesColours) = (default, false);
        }

        _areas.Clear();
        ScreenMove? move = _picture.Collect(_areas, abilities.CanCopy);
        if (owesColours)
        {
            WriteColourMap();
        }

        if (_areas.Count == 0 && move is null && _tidings.Count == 0)
        {
            // Nothing to say: the question stays open until something changes.
            _to.Flush();
            lock (_screen.Gate)
            {
                _wanted = _wanted.Union(asked);
            }

            return;
        }

        Write(move, translation, abilities.PrefersZrle);
        _sentAt = Environment.TickCount64;
    }

    // A client that can change its size does so before anything else. Under the lock.
    private bool TakeResize()
    {
        int width = _screen.Picture.Width;
        int height = _screen.Picture.Height;
        if (!_abilities.CanResize || width == 0 || height == 0 || (width == Width && height == Height))
        {
            return false;
        }

        _picture.Resize(width, height);
        _picture.Stage(_screen.Picture, Damage, default, default);
        Damage.Add(DamageMap.Whole);
        (_owesEverything, _forced) = (true, default);
        _tidings.Add((_picture.Whole, RfbNumbers.DesktopSize));
        return true;
    }

    private void TakeTidings()
    {
        if (_abilities.HasCursor && !_told.HasCursor)
        {
            _tidings.Add((DotCursor.Area, RfbNumbers.Cursor));
        }

        if (_abilities.HasExtendedKeys && !_told.HasExtendedKeys)
        {
            _tidings.Add((default, RfbNumbers.QemuExtendedKeyEvent));
        }

        if (_abilities.HasRelativePointer && !_told.HasRelativePointer)
        {
            // X is 0 for movement, 1 for positions.
            _tidings.Add((_picture.Whole with { X = 0 }, RfbNumbers.QemuPointerMotionChange));
            IsPointerRelative = true;
        }

        _told = _told.Union(_abilities);
    }

    private void Write(ScreenMove? move, PixelTranslation translation, bool prefersZrle)
    {
        _to.WriteByte(RfbNumbers.FramebufferUpdate);
        _to.WriteByte(0);
        _to.WriteU16(_tidings.Count + _areas.Count + (move is null ? 0 : 1));
        foreach ((ScreenArea area, int encoding) in _tidings)
        {
            _to.WriteRectangle(area, encoding);
            if (encoding == RfbNumbers.Cursor)
            {
                DotCursor.Write(translation, _to);
            }
        }

        if (move is { } moved)
        {
            _to.WriteRectangle(moved.To, RfbNumbers.CopyRect);
            _to.WriteU16(moved.FromX);
            _to.WriteU16(moved.FromY);
        }

        foreach (ScreenArea area in _areas)
        {
            if (prefersZrle)
            {
                _zrle ??= new ZrleEncoder();
                _zrle.Write(_picture.Shown, area, translation, _to);
            }
            else
            {
                RawEncoder.Write(_picture.Shown, area, translation, _to);
            }
        }

        _to.Flush();
    }

    private void WriteColourMap()
    {
        _to.WriteByte(RfbNumbers.SetColourMapEntries);
        _to.WriteByte(0);
        _to.WriteU16(0);
        _to.WriteU16(ColourMapEntries);
        for (int i = 0; i < ColourMapEntries; i++)
        {
            _to.WriteU16((i >> 5) * 65535 / 7);
            _to.WriteU16((i >> 2 & 7) * 65535 / 7);
            _to.WriteU16((i & 3) * 65535 / 3);
        }
    }
}
