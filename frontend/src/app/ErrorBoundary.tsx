import { Component, type ReactNode } from "react";

import { Button } from "@/ui/Button";

import { Message } from "./Message";
import { texts } from "./texts";

interface Props {
  children: ReactNode;
}

/** What is seen when a component has thrown: words and a way on, not an empty page. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Message title={texts.app.crashed} hint={texts.app.crashedHint}>
        <Button
          variant="primary"
          onClick={() => {
            window.location.reload();
          }}
        >
          {texts.app.reload}
        </Button>
      </Message>
    );
  }
}
