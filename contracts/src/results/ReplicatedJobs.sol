// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IResultBoard} from "../interfaces/IResultBoard.sol";
import {TermsCode} from "../libraries/TermsCode.sol";
import {Credit, Lease, Terms} from "../types/Lease.sol";
import {Delivery} from "./Delivery.sol";

/// @title One job on several datacenters: sealed commits, reveals, and what most of them say is the result.
/// @dev A seal is bound to its job and its provider, and seals are taken only until the first one may be opened: so there is
/// nothing to copy. A provider takes part by committing, on terms that it sees; nothing happens to one that does not.
abstract contract ReplicatedJobs is Delivery {
    struct Job {
        JobState state; // Revealing is not stored: it follows from time and commits
        uint8 committed; // a bit per replica
        uint8 revealed;
        uint8 replicas; // as in the job's terms, as the next
        uint40 commitUntil;
    }

    struct Replica {
        bytes32 word; // the commitment; once revealed, the digest
        address provider;
        uint32 status;
    }

    /// @dev How the replicas are sorted at the end. All but counts are bit maps.
    struct Verdict {
        bool agreed;
        uint8 agreeing; // how many
        uint8 winners;
        uint8 losers; // what they stake goes
        uint8 kept; // bond back, no share
    }

    uint8 private constant MIN_REPLICAS = 3;
    uint8 private constant MAX_REPLICAS = 7;
    uint256 private constant MIN_WINDOW = 1 minutes;
    uint256 private constant MAX_WINDOW = 30 days;
    /// @dev How long finalise insists on slashing. A tenant that changes its spec in front of each try could hold it up for ever.
    uint256 private constant SLASH_SECONDS = 7 days;

    mapping(bytes32 job => Job) private _jobs;
    mapping(bytes32 job => mapping(uint256 replica => Replica)) private _replicas;
    /// @dev Of leases that call back: the last job that they committed to.
    mapping(bytes32 leaseId => bytes32 job) internal _partOf;

    /// @inheritdoc IResultBoard
    function openJob(JobTerms calldata terms, bytes calldata funding) external nonReentrant returns (bytes32 job) {
        if (msg.sender != terms.tenant) revert NotTenant(msg.sender, terms.tenant);
        _checkRange("replicas", terms.replicas, MIN_REPLICAS, MAX_REPLICAS);
        // More than half: so two results cannot both reach it.
        _checkRange("threshold", terms.threshold, terms.replicas / 2 + 1, terms.replicas);
        _checkRange("bond", terms.bond, 1, type(uint96).max);
        _checkRange("commitUntil", terms.commitUntil, block.timestamp + MIN_WINDOW, block.timestamp + MAX_WINDOW);
        uint256 commitUntil = terms.commitUntil;
        _checkRange("revealUntil", terms.revealUntil, commitUntil + MIN_WINDOW, commitUntil + MAX_WINDOW);
        job = _jobId(terms);
        if (_jobs[job].state != JobState.None) revert JobExists(job);
        _jobs[job] = Job(JobState.Committing, 0, 0, terms.replicas, terms.commitUntil);
        emit JobOpened(job, msg.sender, terms);

        if (terms.reward != 0) vault.lock(terms.token, msg.sender, terms.reward, job, funding);
    }

    /// @inheritdoc IResultBoard
    function commit(
        JobTerms calldata terms,
        uint8 replica,
        Terms calldata lease,
        bytes32 commitment,
        bytes calldata funding
    ) external nonReentrant {
        bytes32 job = _jobId(terms);
        Job memory j = _running(job);
        if (block.timestamp > terms.commitUntil) revert CommitOver(job, terms.commitUntil);
        if (commitment == 0) revert CommitZero();
        _checkRange("replica", replica, 0, terms.replicas - 1);
        // forge-lint: disable-next-line(unsafe-typecast) at most seven replicas
        bytes32 leaseId = keccak256(abi.encode(terms.requestHash, uint32(replica)));
        _checkRuns(leaseId, lease);
        if (lease.tenant != terms.tenant) revert NotTenant(terms.tenant, lease.tenant);
        _checkOperator(lease.provider);
        _checkDistinct(job, terms.replicas, j.committed, lease.provider);

        // Whoever was let in above is distinct, so its own replica is free.
        _jobs[job].committed = j.committed | _bit(replica);
        Replica storage r = _replicas[job][replica];
        (r.word, r.provider) = (commitment, lease.provider);
        if (lease.callback) _partOf[leaseId] = job;
        emit JobCommitted(job, replica, lease.provider);

        vault.lock(terms.token, msg.sender, terms.bond, job, funding);
    }

    /// @inheritdoc IResultBoard
    function reveal(JobTerms calldata terms, uint8 replica, bytes32 digest, uint32 status, bytes32 salt) external nonReentrant {
        bytes32 job = _jobId(terms);
        Job memory j = _running(job);
        if (!_isRevealing(j)) revert RevealNotOpen(job, terms.commitUntil + 1);
        if (block.timestamp > terms.revealUntil) revert RevealOver(job, terms.revealUntil);
        _checkRange("replica", replica, 0, terms.replicas - 1);
        uint8 bit = _bit(replica);
        if (j.committed & bit == 0) revert NotCommitted(job, replica);
        if (j.revealed & bit != 0) revert AlreadyRevealed(job, replica);
        Replica storage r = _replicas[job][replica];
        if (r.word != keccak256(abi.encode(job, digest, status, r.provider, salt))) revert RevealWrong(job, replica);
        (r.word, r.status) = (digest, status);
        _jobs[job].revealed = j.revealed | bit;
        emit JobRevealed(job, replica, digest, status);
    }

    /// @inheritdoc IResultBoard
    function finalise(JobTerms calldata terms, Terms[] calldata leases) external nonReentrant {
        bytes32 job = _jobId(terms);
        Job memory j = _running(job);
        bool allIn = _isRevealing(j) && j.revealed == j.committed;
        if (!allIn && block.timestamp <= terms.revealUntil) revert RevealNotOver(job, terms.revealUntil);
        Replica[] memory replicas = new Replica[](terms.replicas);
        for (uint256 i = 0; i < replicas.length; ++i) replicas[i] = _replicas[job][i];

        (Verdict memory v, uint256 best) = _judge(terms, j, replicas);
        _jobs[job].state = v.agreed ? JobState.Agreed : JobState.Failed;
        if (v.agreed) {
            _record(job, replicas[best].word, replicas[best].status, terms.callback ? terms.tenant : address(0));
        }
        vault.releaseMany(terms.token, _credits(terms, replicas, v));
        _punish(job, terms, j, replicas, v, leases);
        if (!v.agreed) {
            emit JobFailed(job, _count(j.revealed), v.agreeing);
            return;
        }
        emit JobAgreed(job, replicas[best].word, replicas[best].status, v.agreeing);
        _deliver(job);
    }

    /// @inheritdoc IResultBoard
    function jobState(bytes32 job) external view returns (JobState) {
        Job memory j = _jobs[job];
        return j.state == JobState.Committing && _isRevealing(j) ? JobState.Revealing : j.state;
    }

    /// @inheritdoc IResultBoard
    function replicaOf(bytes32 job, uint8 replica)
        external
        view
        returns (address provider, bytes32 commitment, bytes32 digest, uint32 status, bool revealed)
    {
        Replica storage r = _replicas[job][replica];
        (provider, status) = (r.provider, r.status);
        revealed = replica < MAX_REPLICAS && _jobs[job].revealed & _bit(replica) != 0;
        (commitment, digest) = revealed ? (bytes32(0), r.word) : (r.word, bytes32(0));
    }

    /// @return v the verdict
    /// @return best index of a replica that revealed what most revealed
    function _judge(JobTerms calldata terms, Job memory j, Replica[] memory replicas)
        private
        pure
        returns (Verdict memory v, uint256 best)
    {
        for (uint256 i = 0; i < replicas.length; ++i) {
            if (j.revealed & _bit(i) == 0) continue;
            uint8 same;
            for (uint256 k = 0; k < replicas.length; ++k) {
                bool equal = replicas[k].word == replicas[i].word && replicas[k].status == replicas[i].status;
                if (equal && j.revealed & _bit(k) != 0) same |= _bit(k);
            }
            uint8 count = _count(same);
            if (count > v.agreeing) (v.agreeing, v.winners, best) = (count, same, i);
        }
        v.agreed = v.agreeing >= terms.threshold;
        if (!v.agreed) v.winners = 0;
        v.losers = j.committed & ~j.revealed;
        // A minority lied only if the image gives one result for one input, and only if there is a majority.
        if (v.agreed && terms.deterministic) v.losers |= j.revealed & ~v.winners;
        v.kept = j.committed & ~v.losers & ~v.winners;
    }

    /// @dev Sums exactly to reward and bonds. What does not divide goes to the first winner.
    function _credits(JobTerms calldata terms, Replica[] memory replicas, Verdict memory v)
        private
        view
        returns (Credit[] memory credits)
    {
        uint256 pot = uint256(terms.reward) + uint256(terms.bond) * _count(v.losers);
        credits = new Credit[](2 * replicas.length + 1);
        if (!v.agreed) credits[2 * replicas.length] = Credit(terms.tenant, pot);
        uint256 share = v.agreed ? pot / v.agreeing : 0;
        uint256 dust = v.agreed ? pot % v.agreeing : 0;
        for (uint256 i = 0; i < replicas.length; ++i) {
            if ((v.winners | v.kept) & _bit(i) == 0) continue;
            (address operator, address payout,) = _registry.payee(replicas[i].provider);
            credits[2 * i] = Credit(operator, terms.bond);
            if (v.winners & _bit(i) == 0) continue;
            credits[2 * i + 1] = Credit(payout, share + dust);
            dust = 0;
        }
    }

    function _punish(
        bytes32 job,
        JobTerms calldata terms,
        Job memory j,
        Replica[] memory replicas,
        Verdict memory v,
        Terms[] calldata leases
    ) private {
        for (uint256 i = 0; i < replicas.length; ++i) {
            if (v.losers & _bit(i) == 0) continue;
            uint96 slashed = j.revealed & _bit(i) == 0 ? 0 : _slash(terms, i, leases);
            // forge-lint: disable-next-line(unsafe-typecast) at most seven replicas
            emit ReplicaPunished(job, uint8(i), replicas[i].provider, terms.bond, slashed);
        }
    }

    /// @dev All that is left of the slice: half to the payer, the rest burned.
    function _slash(JobTerms calldata terms, uint256 replica, Terms[] calldata leases) private returns (uint96) {
        // forge-lint: disable-next-line(unsafe-typecast) at most seven replicas
        bytes32 leaseId = keccak256(abi.encode(terms.requestHash, uint32(replica)));
        Lease memory l = leaseManager.lease(leaseId);
        if (replica >= leases.length || l.termsHash != TermsCode.hash(leases[replica])) {
            // Not given or not those of now. A liar must not get away by finalising without them, so for a while they are needed.
            if (block.timestamp > uint256(terms.revealUntil) + SLASH_SECONDS) return 0;
            revert TermsDiffer(leaseId);
        }
        Terms calldata lease = leases[replica];
        uint256 left = Math.saturatingSub(lease.slice, l.slashed);
        if (left == 0 || l.sliceFreed) return 0;
        Credit[] memory credits = new Credit[](1);
        credits[0] = Credit(lease.payer, left / 2);
        // forge-lint: disable-next-line(unsafe-typecast) at most the slice
        return leaseManager.slash(leaseId, lease, uint96(left), credits);
    }

    function _running(bytes32 job) private view returns (Job memory j) {
        j = _jobs[job];
        if (j.state == JobState.None) revert JobUnknown(job);
        if (j.state != JobState.Committing) revert JobStateWrong(job, j.state);
    }

    /// @dev The same provider twice would be one witness counted as two.
    function _checkDistinct(bytes32 job, uint256 replicas, uint8 committed, address provider) private view {
        for (uint256 i = 0; i < replicas; ++i) {
            if (committed & _bit(i) != 0 && _replicas[job][i].provider == provider) revert AlreadyCommitted(job, provider);
        }
    }

    function _isRevealing(Job memory j) private view returns (bool) {
        return block.timestamp > j.commitUntil || _count(j.committed) == j.replicas;
    }

    function _checkRange(string memory field, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert OutOfRange(field, value, min, max);
    }

    function _jobId(JobTerms calldata terms) private pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }

    function _bit(uint256 replica) private pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast, incorrect-shift) one bit of seven
        return uint8(1 << replica);
    }

    function _count(uint8 bits) private pure returns (uint8 count) {
        for (; bits != 0; bits &= bits - 1) ++count;
    }
}
