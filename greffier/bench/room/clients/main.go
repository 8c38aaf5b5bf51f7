// Participants of a bench room: one process joins them all and sends sound that already is Opus.
//
// By lines of JSON: reads who to be, says {"joined": n}; reads the moment to begin, plays, says when
// which second of each sound had left; leaves at the end of its input. Moments are those of the
// machine's monotonic clock, in seconds, as Python's time.monotonic() has them.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"golang.org/x/sys/unix"
)

const (
	frame      = 20 * time.Millisecond
	frameTicks = 960 // of the 48 kHz clock that Opus has in RTP
	joinTries  = 4
	bindLimit  = 10 * time.Second
)

// order is the line that says who to be.
type order struct {
	URL    string   `json:"url"`
	People []person `json:"people"`
}

// person names files of sounds: Idle again and again, Sound once when all begin. Without: muted.
type person struct {
	Identity string `json:"identity"`
	Token    string `json:"token"`
	Idle     string `json:"idle"`
	Sound    string `json:"sound"`
}

// sound has a packet for each 20 ms, null where nothing is sent, and each one's level in -dBov.
type sound struct {
	Packets [][]byte `json:"packets"`
	Levels  []byte   `json:"levels"`
}

// sent says at which moment the sound had left up to which of its seconds, and how late that was.
type sent struct {
	Identity string    `json:"identity"`
	Seconds  []float64 `json:"seconds"`
	Moments  []float64 `json:"moments"`
	Late     []float64 `json:"late_sec"`
}

type participant struct {
	room  *lksdk.Room
	track *lksdk.LocalTrack
	idle  *sound
	sound *sound
	start atomic.Pointer[time.Time]
	sent  sent
	done  chan struct{}
}

func main() {
	logger.InitFromConfig(&logger.Config{Level: "warn"}, "participants")
	lksdk.SetLogger(logger.GetLogger())
	if err := run(bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in *bufio.Reader, out *json.Encoder) error {
	var asked order
	if err := read(in, &asked); err != nil {
		return err
	}
	sounds := map[string]*sound{"": nil}
	var here []*participant
	for _, who := range asked.People {
		one, err := newParticipant(who, sounds)
		if err == nil {
			err = one.join(asked.URL, who.Token)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", who.Identity, err)
		}
		here = append(here, one)
		if one.idle != nil {
			go one.play()
		}
	}
	defer leave(here)
	if err := out.Encode(map[string]int{"joined": len(here)}); err != nil {
		return err
	}
	var begin struct {
		Start float64 `json:"start"`
	}
	if err := read(in, &begin); err != nil {
		return err
	}
	start := instant(begin.Start)
	all := []sent{}
	for _, one := range here {
		one.start.Store(&start)
	}
	for _, one := range here {
		if one.sound != nil {
			<-one.done
			all = append(all, one.sent)
		}
	}
	if err := out.Encode(map[string][]sent{"sent": all}); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, in)
	return err
}

// read reads one line of JSON; at the end of the input it leaves the value as it is.
func read(in *bufio.Reader, value any) error {
	line, err := in.ReadBytes('\n')
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(line, value)
}

func newParticipant(who person, sounds map[string]*sound) (*participant, error) {
	for _, path := range []string{who.Idle, who.Sound} {
		if _, known := sounds[path]; known {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sounds[path] = &sound{}
		if err := json.Unmarshal(text, sounds[path]); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return &participant{
		idle:  sounds[who.Idle],
		sound: sounds[who.Sound],
		sent:  sent{Identity: who.Identity},
		done:  make(chan struct{}),
	}, nil
}

// join enters the room and publishes the microphone, muted if it has nothing to send.
func (p *participant) join(url, token string) error {
	bound := make(chan struct{})
	var once sync.Once
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	if err != nil {
		return err
	}
	track.OnBind(func() { once.Do(func() { close(bound) }) })
	p.track = track
	callback := lksdk.NewRoomCallback()
	callback.OnDisconnected = func() { logger.Warnw("left the room", nil, "identity", p.sent.Identity) }
	for try := 1; ; try++ {
		p.room, err = lksdk.ConnectToRoomWithToken(url, token, callback,
			lksdk.WithAutoSubscribe(false), lksdk.WithDisableRegionDiscovery())
		if err == nil {
			break
		}
		if try == joinTries {
			return err
		}
	}
	options := &lksdk.TrackPublicationOptions{Name: "microphone", Source: livekit.TrackSource_MICROPHONE}
	publication, err := p.room.LocalParticipant.PublishTrack(track, options)
	if err != nil {
		return err
	}
	if p.idle == nil {
		publication.SetMuted(true)
	}
	select {
	case <-bound:
		return nil
	case <-time.After(bindLimit):
		return fmt.Errorf("the microphone is not connected after %v", bindLimit)
	}
}

// play sends a packet each 20 ms, when the last of its samples would have been spoken.
func (p *participant) play() {
	begun := time.Now()
	for n, next := 1, 0; ; n++ {
		due := begun.Add(time.Duration(n) * frame)
		packet, level := p.idle.at(n)
		if packet == nil && p.sound == nil {
			continue
		}
		time.Sleep(time.Until(due))
		if start := p.start.Load(); start != nil && p.sound != nil && next < len(p.sound.Packets) && due.Sub(*start) >= frame {
			packet, level = p.sound.at(next)
			next++
			p.note(next, due)
		}
		if packet == nil {
			continue
		}
		sample := media.Sample{Data: packet, Duration: frame, PacketTimestamp: uint32(n) * frameTicks}
		if err := p.track.WriteSample(sample, &lksdk.SampleWriteOptions{AudioLevel: &level}); err != nil {
			logger.Warnw("a packet was not sent", err, "identity", p.sent.Identity)
		}
	}
}

// note writes down that the first packets of the sound, so many, have left.
func (p *participant) note(packets int, due time.Time) {
	now := time.Now()
	p.sent.Seconds = append(p.sent.Seconds, float64(packets)*frame.Seconds())
	p.sent.Moments = append(p.sent.Moments, moment(now))
	p.sent.Late = append(p.sent.Late, now.Sub(due).Seconds())
	if packets == len(p.sound.Packets) {
		close(p.done)
	}
}

func (s *sound) at(n int) ([]byte, uint8) {
	n %= len(s.Packets)
	return s.Packets[n], s.Levels[n]
}

func leave(here []*participant) {
	var leaving sync.WaitGroup
	for _, one := range here {
		leaving.Go(one.room.Disconnect)
	}
	leaving.Wait()
}

// The machine's monotonic clock, and Go's own, which it doesn't show, at the same time.
var zero, zeroMoment = clocks()

func clocks() (time.Time, float64) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return time.Now(), float64(now.Sec) + float64(now.Nsec)/1e9
}

func moment(at time.Time) float64 { return zeroMoment + at.Sub(zero).Seconds() }

func instant(moment float64) time.Time {
	return zero.Add(time.Duration((moment - zeroMoment) * float64(time.Second)))
}
