/** The words of talking: English. */

import type { TalkWords } from "./words.zh-CN";

export const en: TalkWords = {
  title: "Talk", end: "End the talk", retry: "Try again", details: "Technical details", with: "Talk · {name}",
  hold: "Hold to talk", holdSpace: "or hold the space bar", wait: "Hold to wait", takeOver: "Hold to take over", letGo: "Let go to stop", letGoWait: "Let go to stop waiting", close: "Close", level: "Microphone level",
  phase: {
    opening: "Opening", ready: "Ready to talk", pressing: "Opening the speaker…", speaking: "You are speaking", heard: "You are speaking, and the camera receives it", unheard: "The camera reports that nothing arrives",
    busy: "{name} has the floor", busySelf: "You are speaking somewhere else", queued: "{name} has the floor; you are number {place} in the queue", waiting: "Waiting; you are number {place} in the queue", lost: "{name} took the floor with a higher priority", lostQueued: "{name} took the floor with a higher priority; you are number {place} in the queue", failed: "Cannot talk",
  },
  step: { microphone: "Allow the microphone where the browser asks for it.", network: "Connecting to the intercom…", camera: "Preparing the camera's speaker…" },
  hint: {
    ready: "Hold the button or the space bar to speak, let go to stop. The kitchen does not hear you now.", readyTouch: "Hold the button to speak, let go to stop. The kitchen does not hear you now.", pressing: "One moment: keep holding.", speaking: "The kitchen can hear you. Let go to stop.", heard: "Let go to stop.",
    unheard: "Perhaps nobody hears you: see whether anybody reacts in the picture, and telephone if not.", busy: "Hold the button: you are put through as soon as it is free. If it is more urgent, choose a higher priority.",
    wait: "They are as urgent as you. Keep holding: you are put through as soon as it is free.", order: "Hold: a routine talk gives way at once, another when it ends.", emergency: "Hold to interrupt them; another emergency gives way when it ends.",
    lost: "Keep holding: you are put through as soon as they have finished.", silent: "The microphone is silent: check the mute key of the headset, and which microphone the system uses.",
  },
  priority: { title: "Priority", routine: "Routine", order: "Order", emergency: "Emergency" },
  emergency: { ask: "An emergency interrupts whoever is speaking, at once, and is on record.", use: "Use emergency", back: "Cancel" },
  why: {
    insecure: "This page was not opened over HTTPS, so the browser gives no microphone.", unsupported: "This browser cannot talk.", microphone_denied: "The browser may not use the microphone.", no_microphone: "No microphone was found.",
    microphone_busy: "The microphone cannot be opened; another program may be using it.", microphone_failed: "The microphone cannot be opened.", microphone_gone: "The microphone was disconnected.", ice_failed: "The network lets nothing through between the browser and the intercom (ICE).",
    connection_lost: "The connection to the intercom broke.", offline: "The server cannot be reached.", login_ended: "Your login has ended.", not_allowed: "Your account may not talk.", no_such_camera: "This camera was removed.",
    intercom_full: "All lines of the intercom are taken.", unavailable: "The intercom does not answer.", talk_lost: "The intercom was restarted; this talk is gone.", bad_offer: "The intercom does not accept what this browser offers.",
    password_unreadable: "The camera's stored password cannot be read.", other_window: "A talk was opened in another window of this browser.", failed: "The talk did not come about.",
    hung_up: "The talk is over.", browser_gone: "The intercom lost sight of this browser.", browser_silent: "Nothing came from the microphone for some seconds, so it was stopped.", no_backchannel: "This camera has no speaker that can be used.",
    camera_refused: "The camera refused to talk.", camera_unreachable: "The camera does not answer.", camera_gone: "The camera broke the talk off.", preempted: "Somebody more urgent took this camera over.", no_longer_allowed: "Your time as a guest of this room is over.",
    codec: "The camera takes only a kind of sound that we do not make.", camera_busy: "Another program is speaking through this camera.", floor_taken: "Somebody else is speaking to this camera.", time_limit: "The time for one press is up.", idle: "Nobody spoke for a long time, so the talk was closed.", draining: "The intercom is being updated.",
  },
  next: {
    insecure: "Open the address that begins with https://; if there is none, ask the administrator to enable TLS.", unsupported: "Use a current Chrome, Edge or Safari; in WeChat choose “Open in browser”.", microphone_denied: "Click the icon left of the address, allow the microphone, then try again.",
    no_microphone: "Plug in a headset or a microphone, then try again.", microphone_busy: "Close the program that uses it (a meeting, for example), then try again.", microphone_failed: "Plug the microphone in again or restart the browser, then try again.", microphone_gone: "Plug it in again, then try again.",
    ice_failed: "Try another network; if that fails too, ask the administrator to open the UDP ports of the intercom.", connection_lost: "Check the network, then try again.", offline: "Check the network, then try again.", login_ended: "Log in again.", not_allowed: "Ask an administrator for the role “supervisor”.",
    no_such_camera: "Choose another camera.", intercom_full: "Wait until somebody has finished, then try again.", unavailable: "Try again in a moment; if it stays so, ask the administrator to look at the page System.", talk_lost: "Try again: it is opened anew.", bad_offer: "Update the browser, then try again.",
    password_unreadable: "Ask an administrator to enter the camera's password again on the page Cameras.", other_window: "Go back to that window, or try again to talk from here.", failed: "Try again in a moment.",
    hung_up: "Try again when you need it.", browser_gone: "Check the network, then try again.", browser_silent: "Check the microphone and the network, then try again.", no_backchannel: "If it has a speaker, ask the administrator to enable audio output in the camera; for now telephone, or choose another camera of this kitchen.",
    camera_refused: "Another program may be talking to it, or its account may not: try again in a moment, or ask the administrator to check the account.", camera_unreachable: "Check its power and network; for now choose another camera of this kitchen, or telephone.", camera_gone: "It may be restarting: try again in half a minute.",
    preempted: "Try again when they have finished.", no_longer_allowed: "Ask who invited you for a new link.", codec: "Ask the administrator to set the camera's audio input to G.711 or AAC.", camera_busy: "Close the other program that speaks to it, then try again.", floor_taken: "Try again when they have finished.", time_limit: "Try again to go on speaking.", idle: "Try again when you want to speak.", draining: "Try again now: another part of the intercom takes it.",
  },
};
