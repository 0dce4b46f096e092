import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;

/** A company's rule, for the tests: a topic named refused-... is made by nobody who does not say how long it is kept. */
public class RefusedTopics implements CreateTopicPolicy {
    @Override
    public void configure(Map<String, ?> configs) {}

    @Override
    public void validate(RequestMetadata topic) {
        if (topic.topic().startsWith("refused-") && !topic.configs().containsKey("retention.ms")) {
            throw new PolicyViolationException("say how long the topic keeps its records");
        }
    }

    @Override
    public void close() {}
}
